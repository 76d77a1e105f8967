using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

public sealed class Ros2BagDoctorTests
{
    [Theory]
    [InlineData("gen4_iron.db3", "MESH10484,MESH10486")]
    [InlineData("gen2_foxy.db3", "MESH10482,MESH10482,MESH10484,MESH10486")]
    [InlineData("msgzstd/msgzstd_0.db3", "MESH10482,MESH10482,MESH10484,MESH10487")] // Its metadata.yaml gives an end that is 5 ns early.
    [InlineData("wal/wal_0.db3", "MESH10480,MESH10482,MESH10482,MESH10484,MESH10486")]
    public async Task Findings_of_sound_bags_are_no_errors(string file, string codes)
    {
        var findings = await ExamineAsync(TestData.PathOf("generated", "db3", file));
        findings.Select(finding => finding.Code).Order().ShouldBe(codes.Split(','));
        findings.ShouldAllBe(finding => finding.Severity != FindingSeverity.Error);
    }

    [Fact]
    public async Task A_cut_bag_and_one_whose_metadata_is_wrong_have_errors()
    {
        var cut = await ExamineAsync(TestData.PathOf("generated", "db3", "truncated.db3"));
        cut.ShouldContain(finding => finding.Severity == FindingSeverity.Error && finding.Code == "MESH10452" && finding.Offset == 12288);

        using var folder = new TemporaryFolder();
        File.Copy(TestData.PathOf("generated", "db3", "msgzstd/msgzstd_0.db3"), folder["msgzstd_0.db3"]);
        string yaml = await File.ReadAllTextAsync(TestData.PathOf("generated", "db3", "msgzstd/metadata.yaml"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder["metadata.yaml"], yaml.Replace("message_count: 80", "message_count: 81", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var wrong = await ExamineAsync(folder["msgzstd_0.db3"]);
        wrong.ShouldContain(finding => finding.Severity == FindingSeverity.Error && finding.Code == "MESH10487" && finding.Text.Contains("81"));
    }

    [Fact]
    public async Task Free_pages_a_missing_index_and_a_journal_are_mentioned()
    {
        using var folder = new TemporaryFolder();
        string path = folder["bag.db3"];
        using (var connection = SqliteBags.Create(path, new SqliteBags.Layout()))
        {
            SqliteBags.Fill(connection, new Random(1), 500, 3000);
            SqliteBags.Execute(connection, "DELETE FROM messages WHERE id > 100");
            SqliteBags.Execute(connection, "DROP INDEX timestamp_idx");
        }

        await File.WriteAllTextAsync(path + "-journal", "x", TestContext.Current.CancellationToken);
        var findings = await ExamineAsync(path);
        findings.Select(finding => finding.Code).ShouldBeSubsetOf(["MESH10481", "MESH10482", "MESH10483", "MESH10484", "MESH10485", "MESH10486"]);
        foreach (string code in (string[])["MESH10481", "MESH10483", "MESH10485"]) findings.ShouldContain(finding => finding.Code == code);
    }

    private static async Task<IReadOnlyList<RecordingFinding>> ExamineAsync(string path) => await RecordingDoctor.ExamineAsync(
        new MemoryByteSource(await File.ReadAllBytesAsync(path), path),
        new RecordingReaderOptions { Folder = new BagReading.DirectoryFolder(Path.GetDirectoryName(path)!) }, TestContext.Current.CancellationToken);
}
