#include "libs/kafka_admin/transport/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/kafka_admin/client_error.h"

namespace sluice::kafka_admin {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<SSL_free>>;

// OpenSSL's queue of this thread, newest last, as one line; empties it.
std::string TakeErrors() {
  std::string text;
  while (unsigned long error = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(error);
    absl::StrAppend(&text, text.empty() ? "" : "; ", reason != nullptr ? reason : "unknown error");
  }
  return text.empty() ? "no reason given" : text;
}

// --- a BIO over a non-blocking socket: OpenSSL's own writes without MSG_NOSIGNAL, so that a broker that goes away
// would end the process by SIGPIPE ---

int Descriptor(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int BioWrite(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  ssize_t count = send(Descriptor(bio), from, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (count < 0 && WouldBlock()) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

int BioRead(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  ssize_t count = recv(Descriptor(bio), to, static_cast<size_t>(size), 0);
  if (count < 0 && WouldBlock()) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

long BioControl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* SocketBioMethod() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    BIO_meth_set_write(made, BioWrite);
    BIO_meth_set_read(made, BioRead);
    BIO_meth_set_ctrl(made, BioControl);
    return made;
  }();
  return method;
}

absl::StatusOr<ContextPtr> NewContext(const TlsOptions& options) {
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return TlsError(absl::StrCat("cannot set up TLS: ", TakeErrors()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context.get(), options.ca_file.c_str(), nullptr) != 1) {
    return TlsError(absl::StrCat("cannot read the CA file ", options.ca_file, ": ", TakeErrors()));
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return TlsError("a client certificate needs its key, and a key its certificate");
  }
  if (options.certificate_file.empty()) return context;
  if (SSL_CTX_use_certificate_chain_file(context.get(), options.certificate_file.c_str()) != 1) {
    return TlsError(absl::StrCat("cannot read the certificate ", options.certificate_file, ": ", TakeErrors()));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), options.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return TlsError(absl::StrCat("the key ", options.key_file, " does not fit: ", TakeErrors()));
  }
  return context;
}

bool IsIpAddress(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

absl::Status ExpectName(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  bool set = IsIpAddress(name) ? X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) == 1
                               : X509_VERIFY_PARAM_set1_host(param, name.c_str(), name.size()) == 1 &&
                                     SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
  return set ? absl::OkStatus() : TlsError(absl::StrCat("not a name that TLS can verify: ", name));
}

class TlsStream : public Stream {
 public:
  TlsStream(Socket socket, SslPtr ssl) : socket_(std::move(socket)), ssl_(std::move(ssl)) {}

  // What to wait for, or 0 when the handshake is done.
  absl::StatusOr<short> TryHandshake() {
    ERR_clear_error();
    int result = SSL_connect(ssl_.get());
    if (result == 1) return short{0};
    int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return short{POLLIN};
    if (error == SSL_ERROR_WANT_WRITE) return short{POLLOUT};
    long verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK) {
      return TlsError(absl::StrCat("the broker's certificate is refused: ", X509_verify_cert_error_string(verified)));
    }
    if (error == SSL_ERROR_SSL) return TlsError(absl::StrCat("TLS handshake: ", TakeErrors()));
    return ConnectionError("the broker closed the connection during the TLS handshake");
  }

  absl::StatusOr<Progress> TryRead(char* to, size_t size) override {
    ERR_clear_error();
    return Moved(SSL_read(ssl_.get(), to, static_cast<int>(std::min<size_t>(size, INT_MAX))));
  }

  absl::StatusOr<Progress> TryWrite(const char* from, size_t size) override {
    ERR_clear_error();
    return Moved(SSL_write(ssl_.get(), from, static_cast<int>(std::min<size_t>(size, INT_MAX))));
  }

  bool HasBuffered() const override { return SSL_has_pending(ssl_.get()) == 1; }
  int descriptor() const override { return socket_.descriptor(); }

 private:
  absl::StatusOr<Progress> Moved(int count) {
    if (count > 0) return Progress{.bytes = static_cast<size_t>(count)};
    switch (SSL_get_error(ssl_.get(), count)) {
      case SSL_ERROR_WANT_READ:
        return Progress{.wait_for = POLLIN};
      case SSL_ERROR_WANT_WRITE:
        return Progress{.wait_for = POLLOUT};
      case SSL_ERROR_SSL: {
        // Kafka closes without close_notify; OpenSSL 3 calls that an error of the protocol.
        bool cut = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
        std::string reason = TakeErrors();
        return cut ? ConnectionError("the broker closed the connection") : TlsError(absl::StrCat("TLS: ", reason));
      }
      default:
        return ConnectionError("the broker closed the connection");
    }
  }

  Socket socket_;
  SslPtr ssl_;
};

}  // namespace

absl::Status CheckTlsOptions(const TlsOptions& options) { return NewContext(options).status(); }

absl::StatusOr<std::unique_ptr<Stream>> StartTls(Socket socket, const TlsOptions& options, const std::string& host,
                                                 Deadline deadline) {
  ASSIGN_OR_RETURN(ContextPtr context, NewContext(options));
  SslPtr ssl(SSL_new(context.get()));
  BIO* bio = BIO_new(SocketBioMethod());
  if (ssl == nullptr || bio == nullptr) {
    BIO_free(bio);
    return TlsError(absl::StrCat("cannot set up TLS: ", TakeErrors()));
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(socket.descriptor())));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  RETURN_IF_ERROR(ExpectName(ssl.get(), options.server_name.empty() ? host : options.server_name));
  auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(ssl));
  while (true) {
    ASSIGN_OR_RETURN(short wait_for, stream->TryHandshake());
    if (wait_for == 0) return std::unique_ptr<Stream>(std::move(stream));
    RETURN_IF_ERROR(WaitFor(stream->descriptor(), wait_for, deadline));
  }
}

}  // namespace sluice::kafka_admin
