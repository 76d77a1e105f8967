using System.Globalization;
using System.Text.Json;
using Mesh.Fuzz;
using Mesh.Model;
using Mesh.Testing;
using Xunit;

namespace Mesh.Formats.Tests.RealFiles;

/// <summary>Reads and decodes every recording there is, once.</summary>
public sealed class RecordingSurvey : IAsyncLifetime
{
    /// <summary>A recording and what came of it.</summary>
    /// <param name="Path">Path below the root of the test data.</param>
    /// <param name="Refusal">Code it was refused with; null when it was opened.</param>
    /// <param name="Messages">Messages read.</param>
    /// <param name="Rows">Rows they became.</param>
    /// <param name="Expected">Messages that other people's readers find; null where none was asked.</param>
    /// <param name="Deviations">What was not as it is in a sound recording: <c>refused CODE</c>, <c>loss CODE</c>, <c>undecoded CODE</c>, <c>count</c>.</param>
    internal sealed record Result(string Path, string? Refusal, long Messages, long Rows, long? Expected, IReadOnlyList<string> Deviations)
    {
        /// <summary>Where it comes from and what it is.</summary>
        public string Set { get; } = SetOf(Path);
    }

    /// <summary>All of them; empty when the data is absent.</summary>
    internal IReadOnlyList<Result> Results { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        if (TestData.Root is null || Require.Level < TestLevel.Default) return;
        var expected = ExpectedCounts();
        List<Result> results = [];
        foreach (string path in RealRecordings.All()) results.Add(await ReadAsync(path, expected.TryGetValue(path, out long count) ? count : null));
        Results = results;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<Result> ReadAsync(string path, long? expected)
    {
        var file = RealRecordings.Load(path);
        RecordingReader reader;
        try
        {
            reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file.Bytes, file.Name), new RecordingReaderOptions { Folder = file.Folder }, TestContext.Current.CancellationToken);
        }
        catch (MeshException refusal)
        {
            return new Result(path, refusal.Code, 0, 0, expected, ["refused " + refusal.Code]);
        }

        await using var opened = reader;
        var columns = new RecordingColumns(reader);
        long rows = 0;
        await foreach (var batch in columns.ReadAsync(TestContext.Current.CancellationToken))
        {
            ColumnCheck.Check(batch.Fields);
            rows += batch.Fields.Length;
        }

        List<string> deviations = [.. reader.Losses.Select(loss => "loss " + loss.Code).Distinct(), .. columns.Undecoded.Select(entry => "undecoded " + entry.Code).Distinct()];
        if (expected is { } count && count != columns.Messages) deviations.Add("count");
        return new Result(path, null, columns.Messages, rows, expected, deviations);
    }

    private static string SetOf(string path)
    {
        string[] parts = path.Split('/');
        string ending = Path.GetFileName(path).ToLowerInvariant();
        string format = ending.EndsWith(".zstd", StringComparison.Ordinal) ? ".db3.zstd" : Path.GetExtension(ending);
        if (parts[0] == "generated") return $"generated {format}";
        return parts[0] == "foxglove_mcap" && parts[2] == "conformance" ? "MCAP conformance suite" : $"{parts[0][(parts[0].IndexOf('_') + 1)..]} {format}";
    }

    private static Dictionary<string, long> ExpectedCounts()
    {
        Dictionary<string, long> counts = [];
        foreach (string[] cells in File.ReadLines(TestData.PathOf("golden_messages.tsv")).Skip(1).Select(line => line.Split('\t')))
        {
            if (long.TryParse(cells[1], CultureInfo.InvariantCulture, out long count)) counts[cells[0]] = count;
        }

        using (var summary = JsonDocument.Parse(File.ReadAllText(TestData.PathOf("golden_mdf_summary.json"))))
        {
            foreach (var entry in summary.RootElement.EnumerateArray())
            {
                if (entry.TryGetProperty("cycles", out var cycles)) counts[entry.GetProperty("file").GetString()!] = cycles.GetInt64();
            }
        }

        foreach (string line in File.ReadLines(TestData.PathOf("generated", "expected.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var entry = document.RootElement;
            string name = "generated/" + entry.GetProperty("file").GetString();
            if (entry.TryGetProperty("messages", out var messages)) counts[name] = messages.GetInt64();
            else if (name.StartsWith("generated/db3/", StringComparison.Ordinal) && entry.TryGetProperty("count", out var count)) counts[name] = counts.GetValueOrDefault(name) + count.GetInt64();
        }

        return counts;
    }
}
