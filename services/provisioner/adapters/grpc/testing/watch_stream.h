#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/grpc/error_status.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "sluice/provisioner/v1/watch_service.grpc.pb.h"

namespace sluice::provisioner::testing {

// One open Watch; reads block until something comes, and for no longer than `patience` after the beginning.
class WatchStream {
 public:
  WatchStream(ApiFixture& api, const std::string& key, const std::string& parent, const std::string& token = "",
              absl::Duration patience = absl::Minutes(2))
      : stub_(v1::WatchService::NewStub(api.NewChannel(key))) {
    v1::WatchRequest request;
    request.set_parent(parent);
    request.set_resume_token(token);
    context_.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(patience));
    reader_ = stub_->Watch(&context_, request);
  }
  ~WatchStream() {
    context_.TryCancel();
    ReadRest();
    if (!finished_) reader_->Finish();
  }

  // The next message, heartbeats skipped; a default one (KIND_UNSPECIFIED) when the stream has ended.
  v1::WatchResponse Next() {
    v1::WatchResponse response;
    do {
      response = NextOfAnyKind();
    } while (response.kind() == v1::WatchResponse::HEARTBEAT);
    return response;
  }
  v1::WatchResponse NextOfAnyKind() {
    v1::WatchResponse response;
    return reader_->Read(&response) ? response : v1::WatchResponse();
  }
  // How it ended; waits for that.
  absl::Status End() {
    ReadRest();
    finished_ = true;
    return rpc::FromGrpcStatus(reader_->Finish());
  }

 private:
  void ReadRest() {
    v1::WatchResponse rest;
    while (reader_->Read(&rest)) {
    }
  }

  ::grpc::ClientContext context_;
  std::unique_ptr<v1::WatchService::Stub> stub_;
  std::unique_ptr<::grpc::ClientReader<v1::WatchResponse>> reader_;
  bool finished_ = false;
};

}  // namespace sluice::provisioner::testing
