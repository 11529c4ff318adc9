#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "services/satellite/app/tenancy/cell_tenancy.h"
#include "services/satellite/ports/wish_handler.h"

namespace sluice::satellite {

// Logical clusters: hands each wish to the worker of its cell, and makes and ends those workers.
class TenantReconciler final : public WishHandler {
 public:
  // Subscribes to `access.cells`, which has to outlive it and must not change a cell after its destruction began.
  TenantReconciler(TenancyOptions options, TenancyPorts ports, CellAccess access, CellDirectory& cells);
  // Waits for the workers.
  ~TenantReconciler() override;

  void OnWish(AcceptedWish wish) override;
  void OnForgotten(const std::string& key) override;

 private:
  void OnCellChanged(const std::string& physical_cluster);
  // Ends the workers of cells that do not exist any more and have no tenant left.
  void Reap();

  const TenancyOptions options_;
  const TenancyPorts ports_;
  const CellAccess access_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<CellTenancy>> cells_;
};

}  // namespace sluice::satellite
