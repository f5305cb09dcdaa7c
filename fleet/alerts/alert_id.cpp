#include "fleet/alerts/alert_id.h"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace odograph::alerts {

std::string alert_id(const Episode& episode) {
  static const boost::uuids::name_generator_sha1 kGenerator(boost::uuids::string_generator()(kAlertNamespace));
  std::string name;
  name.append(episode.vehicle_id).append("|").append(episode.rule).append("|");
  name.append(episode.scope).append("|").append(episode.start);
  return boost::uuids::to_string(kGenerator(name));
}

}  // namespace odograph::alerts
