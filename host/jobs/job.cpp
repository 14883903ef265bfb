// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/job.hpp"

namespace kapitza::host {

Quantity completeness_row(bool complete, const std::string& otherwise) {
  return {"estimate_complete", complete, complete ? "" : otherwise};
}

void remark(Quantities& rows, std::string_view key, const std::string& meaning) {
  for (Quantity& row : rows)
    if (row.key == key) row.meaning = meaning;
}

void write_attributes(ResultWriter& writer, const JobContext& context, const JobResult& result) {
  writer.attribute("job", context.config.job());
  writer.attribute("config", context.config.to_toml());
  writer.attributes(context.provenance.attributes());
  writer.attribute("wall_seconds", result.wall_seconds);
  writer.attribute("finished", result.finished);
  writer.attributes(result.quantities);
}

}  // namespace kapitza::host
