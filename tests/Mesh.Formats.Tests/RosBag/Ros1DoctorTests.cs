using Mesh.Formats.RosBag;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RosBag;

public sealed class Ros1DoctorTests
{
    [Fact]
    public async Task Sound_bags_of_other_recorders_have_no_errors()
    {
        int examined = 0;
        foreach (string file in Directory.EnumerateFiles(TestData.PathOf(), "*.bag", SearchOption.AllDirectories).Order())
        {
            byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            bool isUnfinished = file.Contains("truncated", StringComparison.Ordinal) || file.Contains("noindex", StringComparison.Ordinal)
                || file.Contains("active", StringComparison.Ordinal) || file.Contains("no_chunk", StringComparison.Ordinal);
            if (bytes.Length == 0) continue;
            var findings = await ExamineAsync(bytes);
            if (isUnfinished) findings.ShouldContain(finding => finding.Severity >= FindingSeverity.Warning, file);
            else findings.Where(finding => finding.Severity == FindingSeverity.Error).ShouldBeEmpty(file);
            examined++;
        }

        examined.ShouldBeGreaterThan(25);
    }

    [Theory]
    [InlineData("chunk_pos=", 10, "MESH10432")]
    [InlineData("start_time=", 11, "MESH10432")]
    [InlineData("conn_count=", 11, "MESH10410")]
    [InlineData("md5sum=", 8, "MESH10435")]
    public async Task A_field_that_does_not_fit_is_found(string field, int offset, string code)
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.Lz4);
        (await ExamineAsync(file)).Where(finding => finding.Severity > FindingSeverity.Note).ShouldBeEmpty();

        // Near the end of the file: the index section; the bag header has its own.
        int at = file.AsSpan().LastIndexOf(System.Text.Encoding.UTF8.GetBytes(field)) + offset;
        file[at]++;
        (await ExamineAsync(file)).ShouldContain(finding => finding.Code == code);
    }

    [Fact]
    public async Task Index_entries_that_lead_nowhere_or_are_missing_are_found()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.None, messages: 30, chunkBytes: 1 << 20);
        int index = file.AsSpan().IndexOf("\x0a\0\0\0count="u8) + "....count=NNNN....op=4....ver=NNNNLLLL".Length;
        file[index + 9] ^= 0x40;
        var findings = await ExamineAsync(file);
        findings.ShouldContain(finding => finding.Code == "MESH10433" && finding.Severity == FindingSeverity.Error);
        findings.ShouldContain(finding => finding.Code == "MESH10433" && finding.Text.Contains("in no index record", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_reading_reports_the_doctor_reports()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.Lz4);
        file[6000] ^= 0x10;
        var read = await Ros1Reading.ReadAsync(file);
        var findings = await ExamineAsync(file);
        foreach (var loss in read.Losses) findings.ShouldContain(finding => finding.Code == loss.Code && finding.Offset == loss.Offset);
        findings.ShouldAllBe(finding => finding.Text.Length > 20);
    }

    private static async Task<IReadOnlyList<RecordingFinding>> ExamineAsync(byte[] file) =>
        await RecordingDoctor.ExamineAsync(new MemoryByteSource(file), new RecordingReaderOptions(), TestContext.Current.CancellationToken);
}
