using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Recordings of every format, published as a user would, are rows in tables that DuckDB and icebird read: as many as <c>mesh inspect</c> finds messages.</summary>
public sealed class EveryFormatTests(EveryFormatServer server) : IClassFixture<EveryFormatServer>
{
    private const int DataLoss = 3;

    /// <summary>Each with the messages that other people's readers find in it (column storage has a group a column), and whether it is damaged.</summary>
    private static readonly (string File, long Messages, bool IsDamaged)[] Recordings =
    [
        ("danielhrisca_asammdf/test/data/test_meas_4.10.mf4", 1483, false),
        ("sigmatactical-org_mdf4-rs/tests/data/29-bit-wwh-obd.MF4", 1505, false),
        ("CSS-Electronics_api-examples/examples/data-processing/LOG/00000000/00000048/00000001.MF4", 1026, false),
        ("generated/mdf4/asammdf_420_column_dz.mf4", 2040, false),
        ("danielhrisca_asammdf/test/data/test_meas_3.20.mdf", 1483, false),
        ("danielhrisca_asammdf/test.demo/ASAP2_Demo_V161_2.00.mdf", 1080, false),
        ("generated/bag/all_none.bag", 90, false),
        ("generated/bag/all_lz4.bag", 90, false),
        ("Lichtblick-Suite_lichtblick/packages/suite-base/src/test/fixtures/example-bz2.bag", 8647, false),
        ("ros2_rosbag2/rosbag2_py/test/resources/sqlite3/convert_a/rewriter_a_0.db3", 150, false),
        ("ros2_rosbag2/rosbag2_py/test/resources/sqlite3/wbag", 4828, false),
        ("generated/db3/wal", 64, false),
        ("generated/db3/filezstd", 80, false),
        ("generated/db3/msgzstd", 80, false),
        ("ros2_rosbag2/rosbag2_tests/resources/reindex_test_bags/file_compression/file_compression_0.db3.zstd", 249, false),
        ("hardbyte_python-can/test/data/issue_1905.blf", 22, false),
        ("hardbyte_python-can/test/data/issue_1256.asc", 1457, false),
        ("CSS-Electronics_mdf4-converters/Tools/SystemTests/PEAK/TestData/multiple_CAN.trc", 164, false),
        ("generated/bag/truncated_mid_chunk_lz4.bag", 76, true),
        ("generated/db3/truncated.db3", 48, true),
        ("generated/mdf4/unfin_sorted_dt0_partial.mf4", 199, true),
        ("generated/mcap/truncated_no_footer.mcap", 100, true),
    ];

    [Fact]
    public async Task Every_message_of_every_format_is_a_row_or_a_dead_letter()
    {
        List<string> wrong = [];
        foreach (var (run, recording) in (await RunAsync()).Zip(Recordings))
        {
            if (run.State != "committed" || run.Messages != recording.Messages || run.Rows + run.DeadLetters != run.Messages || run.DeadLetters != 0)
            {
                wrong.Add($"{run.File}: {run.State}, {run.Messages} messages of {recording.Messages}, {run.Rows} rows, {run.DeadLetters} dead letters");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Exit_codes_say_whether_data_was_lost()
    {
        List<string> wrong = [];
        foreach (var (run, recording) in (await RunAsync()).Zip(Recordings))
        {
            int expected = recording.IsDamaged ? DataLoss : 0;
            if (run.InspectExit != expected || run.PublishExit != expected) wrong.Add($"{run.File}: inspect {run.InspectExit}, publish {run.PublishExit}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Other_peoples_readers_find_the_rows_of_each_recording_in_the_tables()
    {
        var runs = await RunAsync();
        var tables = await NodeScript.RunAsync("lake-read.mjs", Path.Combine(server.Data, "lake"));

        Dictionary<string, long> found = [];
        foreach (var table in tables.EnumerateObject().Where(table => !table.Name.StartsWith("mesh.", StringComparison.Ordinal)))
        {
            long rows = table.Value.GetProperty("icebird").GetInt64();
            table.Value.GetProperty("distinct").GetInt64().ShouldBe(rows, table.Name);
            if (rows > 0) table.Value.GetProperty("duckdb").GetInt64().ShouldBe(rows, table.Name);
            foreach (var channel in table.Value.GetProperty("channels").EnumerateObject())
            {
                string id = channel.Name.Split(' ')[0];
                found[id] = found.GetValueOrDefault(id) + channel.Value.GetInt64();
            }
        }

        foreach (var run in runs) found.GetValueOrDefault(run.IngestId).ShouldBe(run.Rows, run.File);

        // Two of the bags hold the same messages, compressed differently: packed for the upload they are one recording.
        found.Count.ShouldBe(runs.DistinctBy(run => run.IngestId).Count());
        found.Count.ShouldBe(runs.Count - 1);
    }

    private Task<IReadOnlyList<FormatRun>> RunAsync()
    {
        Require.AtLeast(TestLevel.Default);
        TestData.PathOf("golden_messages.tsv");
        return server.RunAsync(Recordings.Select(recording => recording.File));
    }
}
