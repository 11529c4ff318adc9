#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace sluice::pki {

// OpenSSL's objects, freed by their own functions.
template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using KeyHandle = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using X509Handle = std::unique_ptr<X509, Freed<X509_free>>;
using RequestHandle = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;
using NameHandle = std::unique_ptr<X509_NAME, Freed<X509_NAME_free>>;
using StoreHandle = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContextHandle = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using NamesHandle = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using BioHandle = std::unique_ptr<BIO, Freed<BIO_free_all>>;

}  // namespace sluice::pki
