// SPDX-License-Identifier: BSD-3-Clause
//
// Result files: complete or not there at all, and as netCDF readers want them.
#include <array>
#include <gtest/gtest.h>
#include <hdf5_hl.h>

#include "host/output/result_file.hpp"
#include "kapitza/core/error.hpp"
#include "tests/host/program.hpp"

namespace kapitza::host {
namespace {

const std::vector<double> momenta{-2, -1, 1, 2};
const std::vector<double> times{0, 0.5};
const std::vector<double> density{1, 2, 3, 4, 5, 6, 7, 1.0 / 3};

void fill(ResultWriter& writer) {
  writer.coordinate("k", momenta, "momentum");
  writer.coordinate("t", times, "time");
  writer.dataset("n", {"t", "k"}, density, "density");
  writer.group("checkpoint");
  writer.dataset("checkpoint/n", {"k"}, momenta, "state");
  writer.attributes({{"job", "relax", ""},
                     {"version", "1", ""},
                     {"config", "job = \"relax\"\n", ""},
                     {"finished", true, ""},
                     {"steps", std::int64_t{1} << 40, ""},
                     {"beta", 1.0 / 3, ""}});
}

TEST(ResultFile, ComesBackBitForBit) {
  const TemporaryDirectory directory;
  ResultWriter writer(directory / "r.h5");
  fill(writer);
  writer.commit();
  const ResultReader reader(directory / "r.h5");
  EXPECT_EQ(reader.job(), "relax");
  EXPECT_TRUE(reader.finished());
  EXPECT_EQ(reader.config(), "job = \"relax\"\n");
  EXPECT_EQ(reader.datasets(), (std::vector<std::string>{"k", "t", "n"})) << "in order of writing";
  EXPECT_EQ(reader.shape("n"), (hdf5::Shape{2, 4}));
  EXPECT_EQ(reader.read("n"), density);
  EXPECT_EQ(reader.read("checkpoint/n"), momenta);
  EXPECT_EQ(reader.number("beta", "/"), 1.0 / 3);
  EXPECT_EQ(reader.attribute("steps"), Scalar(std::int64_t{1} << 40));
  EXPECT_EQ(reader.attribute("units", "n"), Scalar(std::string("1")));
  EXPECT_EQ(reader.attribute("long_name", "n"), Scalar(std::string("density")));
  EXPECT_EQ(reader.attribute("nothing"), std::nullopt);
  const Quantities results = reader.results();
  ASSERT_EQ(results.size(), 2u) << "what is no provenance";
  EXPECT_EQ(results[0].key, "steps");
  EXPECT_EQ(results[1].key, "beta");
}

TEST(ResultFile, NamesItsDimensionsLikeNetcdf) {
  const TemporaryDirectory directory;
  ResultWriter writer(directory / "r.h5");
  fill(writer);
  writer.commit();
  const hid_t file = H5Fopen((directory / "r.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t n = H5Dopen2(file, "n", H5P_DEFAULT);
  const hid_t t = H5Dopen2(file, "t", H5P_DEFAULT), k = H5Dopen2(file, "k", H5P_DEFAULT);
  EXPECT_GT(H5DSis_scale(t), 0);
  EXPECT_GT(H5DSis_scale(k), 0);
  EXPECT_GT(H5DSis_attached(n, t, 0), 0);
  EXPECT_GT(H5DSis_attached(n, k, 1), 0);
  char name[8] = {};
  H5DSget_scale_name(k, name, sizeof name);
  EXPECT_STREQ(name, "k");
  for (const hid_t dataset : {n, t, k}) H5Dclose(dataset);
  H5Fclose(file);
}

TEST(ResultFile, AppearsAllAtOnce) {
  const TemporaryDirectory directory;
  directory.write("r.h5", "the old result");
  {
    ResultWriter writer(directory / "r.h5");
    fill(writer);
  }
  EXPECT_EQ(directory.files(), std::vector<std::string>{"r.h5"}) << "without commit nothing stays";
  EXPECT_EQ(read_file(directory / "r.h5"), "the old result");
  ResultWriter writer(directory / "r.h5");
  fill(writer);
  writer.commit();
  EXPECT_EQ(directory.files(), std::vector<std::string>{"r.h5"});
  EXPECT_EQ(ResultReader(directory / "r.h5").job(), "relax");
}

TEST(ResultFile, FailsWhereItCannotBeWritten) {
  const TemporaryDirectory directory;
  EXPECT_THROW(ResultWriter(directory / "nowhere/r.h5").commit(), IoError);
  EXPECT_THROW(require_writable(directory / "nowhere/r.h5", 1000), IoError);
  EXPECT_THROW(require_writable(directory.path(), 1000), IoError);
  EXPECT_THROW(require_writable(directory / "r.h5", std::size_t{1} << 60), IoError);
  require_writable(directory / "r.h5", 1000);
  EXPECT_TRUE(directory.files().empty());
}

/// The message of the error that opening a file gives; empty if it gives none.
std::string open_error(const std::filesystem::path& file) {
  try {
    ResultReader reader(file);
    for (const std::string& name : reader.datasets()) reader.read(name);
  } catch (const IoError& error) {
    return error.what();
  }
  return {};
}

TEST(ResultFile, SaysWhatIsWrongWithOthers) {
  const TemporaryDirectory directory;
  const auto text = directory.write("text.h5", "no HDF5 at all");
  EXPECT_NE(open_error(text).find("text.h5"), std::string::npos);
  EXPECT_NE(open_error(text).find("it is no HDF5 file"), std::string::npos) << open_error(text);
  EXPECT_NE(open_error(directory / "nothing.h5").find("No such file"), std::string::npos);
  EXPECT_NE(open_error(directory.path()).find("Is a directory"), std::string::npos);
  ResultWriter(directory / "other.h5").commit();
  EXPECT_NE(open_error(directory / "other.h5").find("no result of kapitza"), std::string::npos);
}

TEST(ResultFile, SurvivesBeingCutOffAnywhere) {
  const TemporaryDirectory directory;
  ResultWriter writer(directory / "r.h5");
  fill(writer);
  writer.commit();
  const std::string whole = read_file(directory / "r.h5");
  EXPECT_EQ(open_error(directory / "r.h5"), "");
  for (std::size_t size = 0; size < whole.size(); size += 256)
    EXPECT_NE(open_error(directory.write("cut.h5", whole.substr(0, size))), "") << size;
}

TEST(ResultFile, NoticesEveryFlippedBit) {
  const TemporaryDirectory directory;
  ResultWriter writer(directory / "r.h5");
  fill(writer);
  writer.commit();
  const std::string whole = read_file(directory / "r.h5");
  // The last bytes are the mark, without which there is no checksum, and the checksum.
  for (std::size_t place = 0; place < whole.size() - 16; place += 101) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << place % 8));
    EXPECT_NE(open_error(directory.write("damaged.h5", damaged)).find("damaged"), std::string::npos)
        << place;
  }
}

TEST(ResultFile, IsReadableAfterAnotherProgramHasRewrittenIt) {
  const TemporaryDirectory directory;
  ResultWriter writer(directory / "r.h5");
  fill(writer);
  writer.commit();
  const hid_t file = H5Fopen((directory / "r.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5LTset_attribute_int(file, "/", "note", std::array<int, 1>{3}.data(), 1);
  H5Fclose(file);
  EXPECT_EQ(ResultReader(directory / "r.h5").number("note", "/"), 3);
}

}  // namespace
}  // namespace kapitza::host
