using Mesh.Fuzz;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RealFiles;

/// <summary>One file of every kind, cut off in a dozen places.</summary>
public sealed class TruncationTests
{
    private const int Cuts = 12;
    private const string ValueMissing = "MESH10215";

    [Theory]
    [InlineData("generated/mdf4/unsorted_dl_split.mf4")]
    [InlineData("generated/mdf4/unsorted_id8.mf4")]
    [InlineData("generated/mdf4/dv_single.mf4")]
    [InlineData("generated/mdf4/asammdf_411_dzt.mf4")]
    [InlineData("generated/mdf4/asammdf_420_column.mf4")]
    [InlineData("generated/mdf4/vlsd_hl_dz.mf4")]
    [InlineData("generated/mdf4/mlsd.mf4")]
    [InlineData("generated/mdf4/dl_dz_no_hl.mf4")]
    [InlineData("generated/mdf4/mdflib_can_vlsd.mf4")]
    [InlineData("generated/mdf4/bus_flexray_mlsd.mf4")]
    [InlineData("generated/mdf4/unfin_css_like.mf4")]
    [InlineData("danielhrisca_asammdf/test/data/test_meas_4.10.mf4")]
    [InlineData("CSS-Electronics_api-examples/examples/data-processing/LOG/00000000/00000048/00000001.MF4")]
    [InlineData("sigmatactical-org_mdf4-rs/tests/data/29-bit-obd2.MF4")]
    [InlineData("danielhrisca_asammdf/test/data/test_meas_2.00.mdf")]
    [InlineData("danielhrisca_asammdf/test.demo/ASAP2_Demo_V161_3.20.mdf")]
    [InlineData("generated/mdf3/hand_be_214.mdf")]
    [InlineData("generated/mcap/none.mcap")]
    [InlineData("generated/mcap/lz4.mcap")]
    [InlineData("generated/mcap/attachments.mcap")]
    [InlineData("generated/mcap/no_message_index.mcap")]
    [InlineData("ros2_rosbag2/rosbag2_py/test/resources/mcap/convert_a/rewriter_a_0.mcap")]
    [InlineData("Lichtblick-Suite_lichtblick/packages/suite-base/src/test/fixtures/example.mcap")]
    [InlineData("generated/bag/all_none.bag")]
    [InlineData("generated/bag/all_lz4.bag")]
    [InlineData("generated/bag/big_messages_bz2.bag")]
    [InlineData("generated/bag/out_of_order.bag")]
    [InlineData("PlotJuggler_PlotJuggler/datasamples/out.bag")]
    [InlineData("generated/db3/gen1_dashing.db3")]
    [InlineData("generated/db3/gen4_iron.db3")]
    [InlineData("generated/db3/msgzstd/msgzstd_0.db3")]
    [InlineData("generated/db3/wal/wal_0.db3")]
    [InlineData("foxglove_mcap/testdata/db3/talker-humble.db3")]
    [InlineData("ros2_rosbag2/ros2bag/test/resources/reindexing/reindex_test/reindex_test_0.db3")]
    [InlineData("ros2_rosbag2/rosbag2_tests/resources/reindex_test_bags/file_compression/file_compression_0.db3.zstd")]
    [InlineData("hardbyte_python-can/test/data/issue_1905.blf")]
    [InlineData("hardbyte_python-can/test/data/issue_1256.asc")]
    [InlineData("CSS-Electronics_mdf4-converters/Tools/SystemTests/ASC/TestData/multiple_CAN.asc")]
    [InlineData("CSS-Electronics_mdf4-converters/Tools/SystemTests/PEAK/TestData/multiple_CAN.trc")]
    [InlineData("hardbyte_python-can/test/data/test_CanMessage_V2_1.trc")]
    public async Task What_is_before_the_cut_comes_out_and_nothing_else_and_the_rest_is_reported(string path)
    {
        var whole = RealRecordings.Load(path);
        var expected = await ReadAsync(whole) ?? throw new InvalidOperationException($"{path} is refused");
        var random = new Random(path.Length);
        int most = 0;
        for (int cut = 1; cut <= Cuts; cut++)
        {
            // The last ones close to the end, where indexes and footers are.
            int length = cut <= 9 ? (int)((long)whole.Bytes.Length * cut / 10) + random.Next(-8, 9) : whole.Bytes.Length - (cut - 9) * random.Next(1, 40);
            length = Math.Clamp(length, 1, whole.Bytes.Length - 1);
            string where = $"cut at {length} of {whole.Bytes.Length}";
            if (await ReadAsync(whole with { Bytes = whole.Bytes[..length] }) is not { } reading) continue;

            // A record whose variable-length value lay behind the cut comes without it, which is said; what came before the cut is whole.
            int allowed = reading.Losses.Count(loss => loss.Code == ValueMissing);
            var left = expected.Messages.GroupBy(message => Key(message, whole)).ToDictionary(group => group.Key, group => group.Count());
            foreach (var message in reading.Messages.Select(message => Key(message, whole)))
            {
                bool isRecorded = left.GetValueOrDefault(message) > 0;
                if (isRecorded) left[message]--;
                else (--allowed).ShouldBeGreaterThanOrEqualTo(0, $"{where}: {message} was not recorded");
            }

            if (reading.Messages.Count < expected.Messages.Count && !CannotTell(whole)) reading.Losses.ShouldNotBeEmpty(where);
            most = Math.Max(most, reading.Messages.Count);
        }

        // A Zstandard stream gives whole blocks of 128 KiB, of which this one has a single one.
        if (!path.EndsWith(".zstd", StringComparison.Ordinal)) most.ShouldBeGreaterThan(0);
    }

    /// <summary>Times of column storage are in a group of their own, and lost with it; the values are not.</summary>
    private static MessageKey Key(MessageKey message, FuzzSample file) => file.Name == "dv_single.mf4" ? message with { LogTimeNs = 0 } : message;

    /// <summary>Whether a file says nothing of its length: one that ends between two lines or records is whole as far as anyone can see.</summary>
    private static bool CannotTell(FuzzSample file) =>
        file.Name.EndsWith(".asc", StringComparison.Ordinal) || file.Name.EndsWith(".trc", StringComparison.Ordinal) || file.Bytes.AsSpan().StartsWith("UnFinMF"u8);

    private static Task<RecordingReading?> ReadAsync(FuzzSample file) =>
        RecordingExercise.ReadAsync(file, new RecordingReaderOptions { Parallelism = 2 }, TestContext.Current.CancellationToken);
}
