#include "services/satellite/app/tenancy/tenant_reconciler.h"

#include <utility>
#include <vector>

namespace sluice::satellite {

TenantReconciler::TenantReconciler(TenancyOptions options, TenancyPorts ports, CellAccess access, CellDirectory& cells)
    : options_(std::move(options)), ports_(ports), access_(std::move(access)) {
  cells.Subscribe([this](const std::string& physical_cluster) { OnCellChanged(physical_cluster); });
}

TenantReconciler::~TenantReconciler() {
  std::lock_guard lock(mutex_);
  cells_.clear();
}

void TenantReconciler::OnWish(AcceptedWish wish) {
  TenantDocument document = ToTenantDocument(wish);
  Reap();
  std::lock_guard lock(mutex_);
  std::unique_ptr<CellTenancy>& cell = cells_[document.physical_cluster];
  if (cell == nullptr) {
    cell = std::make_unique<CellTenancy>(document.physical_cluster, options_, ports_, access_);
  }
  cell->OnWish(std::move(document));
}

void TenantReconciler::OnForgotten(const std::string& key) {
  const size_t slash = key.find('/');
  std::lock_guard lock(mutex_);
  const auto cell = cells_.find(key.substr(0, slash));
  if (cell != cells_.end()) cell->second->OnForgotten(key.substr(slash + 1));
}

void TenantReconciler::OnCellChanged(const std::string& physical_cluster) {
  std::lock_guard lock(mutex_);
  const auto cell = cells_.find(physical_cluster);
  if (cell != cells_.end()) cell->second->OnCellChanged();
}

void TenantReconciler::Reap() {
  std::vector<std::unique_ptr<CellTenancy>> ended;
  {
    std::lock_guard lock(mutex_);
    for (auto cell = cells_.begin(); cell != cells_.end();) {
      if (cell->second->idle() && !access_.cells.Find(cell->first)) {
        ended.push_back(std::move(cell->second));
        cell = cells_.erase(cell);
      } else {
        ++cell;
      }
    }
  }
}

}  // namespace sluice::satellite
