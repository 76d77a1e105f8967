using System.Globalization;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RealFiles;

/// <summary>Every recording of the shared test data is read whole, decoded and counted as others count it, but for the exceptions listed here and explained in docs/formats/README.md.</summary>
public sealed class RecordingSurveyTests(RecordingSurvey survey) : IClassFixture<RecordingSurvey>
{
    /// <summary>Endings of paths, what is not as in a sound recording, and why.</summary>
    private static readonly (string Ending, string Deviations, string Reason)[] Exceptions =
    [
        (".MFC", "refused MESH10002", "compressed or encrypted by the logger in a format of its maker"),
        (".MFE", "refused MESH10002", "as above"),
        (".MFM", "refused MESH10002", "as above"),
        ("foxglove_rosbag/fixtures/empty-file.bag", "refused MESH10001", "a file of no bytes"),
        ("sigmatactical-org_mdf4-rs/tests/data/sample_with_hl.mf4", "loss MESH10220", "its header block is cut; others refuse the file"),
        ("generated/bag/active_index_pos_0.bag", "loss MESH10401", "a bag that was never closed; all messages come out"),
        ("generated/bag/empty_chunk_noindex.bag", "loss MESH10401", "as above"),
        ("generated/bag/no_chunk_index_records.bag", "loss MESH10401", "as above"),
        ("generated/bag/truncated_mid_index.bag", "loss MESH10401", "cut on purpose, behind the last message"),
        ("generated/bag/truncated_mid_chunk.bag", "loss MESH10401, count", "cut on purpose; Mesh finds three messages more, which are whole in the cut chunk"),
        ("generated/bag/truncated_mid_chunk_lz4.bag", "loss MESH10401", "cut on purpose"),
        ("generated/db3/truncated.db3", "loss MESH10452", "cut on purpose; SQLite refuses it"),
        ("generated/mcap/bad_chunk_crc.mcap", "loss MESH10103, count", "a chunk that fails its checksum is not delivered"),
        ("generated/mcap/bad_chunk_crc_or_data.mcap", "loss MESH10103, count", "as above"),
        ("generated/mcap/footer_bad_summary_start.mcap", "loss MESH10111", "the footer points to no summary; all messages come out"),
        ("generated/mcap/truncated_no_footer.mcap", "loss MESH10101", "cut on purpose, behind the last message"),
        ("generated/mcap/truncated_mid_message.mcap", "loss MESH10101, undecoded MESH10319", "cut on purpose; payloads that are no JSON, as below"),
        ("generated/mcap/big_messages.mcap", "undecoded MESH10319", "payloads of arbitrary bytes in a channel that says JSON"),
        ("generated/mcap/lz4_incompressible.mcap", "undecoded MESH10319", "as above"),
        ("generated/mcap/lz4_linked_240k.mcap", "undecoded MESH10319", "as above"),
        ("generated/mcap/zero_length.mcap", "undecoded MESH10319", "payloads of no bytes in a channel that says JSON"),
        ("generated/mcap/enc_json.mcap", "undecoded MESH10330", "arrays and bare values where the schema says object, and two that are no JSON"),
        ("generated/mdf4/fin_partial_tail.mf4", "loss MESH10213", "a record is cut on purpose"),
        ("generated/mdf4/unfin_sorted_dt0_partial.mf4", "loss MESH10211", "as above"),
        ("generated/mdf4/mdflib_flexray_mlsd.mf4", "loss MESH10215", "values longer than the place their writer gave them"),
    ];

    [Fact]
    public void Every_recording_is_read_decoded_and_counted_as_others_count_it()
    {
        RequireData();
        survey.Results.Count.ShouldBeGreaterThan(700);
        List<string> wrong = [];
        foreach (var result in survey.Results)
        {
            var exceptions = Exceptions.Where(exception => result.Path.EndsWith(exception.Ending, StringComparison.Ordinal)).ToArray();
            string expected = exceptions.Length == 0 ? "" : exceptions[0].Deviations;
            string found = string.Join(", ", result.Deviations);
            if (found != expected) wrong.Add($"{result.Path}: '{found}' instead of '{expected}', {result.Messages} messages, {result.Rows} rows, others find {result.Expected}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}:\n" + string.Join('\n', wrong));
    }

    [Fact]
    public void No_exception_is_listed_that_is_none()
    {
        RequireData();
        Exceptions.Where(exception => !survey.Results.Any(result => result.Path.EndsWith(exception.Ending, StringComparison.Ordinal))).ShouldBeEmpty();
        Exceptions.ShouldAllBe(exception => exception.Reason.Length > 0);
    }

    [Fact]
    public void The_table_in_the_documentation_is_what_was_measured()
    {
        RequireData();
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "formats", "README.md"));
        string[] rows = [.. survey.Results.GroupBy(result => result.Set).OrderBy(set => set.Key, StringComparer.Ordinal).Select(Row)];
        string[] missing = [.. rows.Where(row => !page.Contains(row, StringComparison.Ordinal))];
        Assert.True(missing.Length == 0, "docs/formats/README.md should say:\n" + string.Join('\n', rows));
    }

    private static string Row(IGrouping<string, RecordingSurvey.Result> set) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {set.Key} | {set.Count()} | {set.Count(result => result.Refusal is null)} | {set.Sum(result => result.Messages):N0} | {set.Sum(result => result.Rows):N0} | {set.Count(result => result.Expected is not null)} | {set.Count(result => result.Deviations.Count > 0)} |");

    private static void RequireData()
    {
        Require.AtLeast(TestLevel.Default);
        TestData.PathOf("golden_messages.tsv");
    }
}
