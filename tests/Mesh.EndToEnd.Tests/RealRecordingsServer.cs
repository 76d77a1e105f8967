using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>A recording that was published, and what the server says of it.</summary>
public sealed record PublishedRecording(string File, string IngestId, JsonElement Account)
{
    public string State => Account.GetProperty("state").GetString()!;

    public long MessagesIn => Count("messages_in");

    public long Rows => Count("rows_out");

    public long DeadLetters => Count("dead_letters");

    public long NotSelected => Count("not_selected");

    private long Count(string name) => Account.GetProperty(name).GetInt64();
}

/// <summary>
/// One server that is given every MCAP of the shared test data, once for all tests of a class. Made on first use, so that a test can
/// skip before.
/// </summary>
public sealed class RealRecordingsServer : IAsyncLifetime
{
    private const int ConformanceSample = 4;

    private readonly TemporaryFolder folder = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private MeshProcess? server;
    private IReadOnlyList<PublishedRecording>? published;
    private JsonElement? read;

    public string Data => folder["data"];

    /// <summary>Messages of the awkward recording, and those of them that cannot become rows, by their kind.</summary>
    public JsonElement Traps { get; private set; }

    public string TrapsFile => folder["traps.mcap"];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        folder.Dispose();
        turn.Dispose();
    }

    /// <summary>Every recording, published and settled.</summary>
    public async Task<IReadOnlyList<PublishedRecording>> PublishedAsync()
    {
        var token = TestContext.Current.CancellationToken;
        await turn.WaitAsync(token);
        try
        {
            return published ??= await PublishAllAsync(token);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>What <c>real-read.mjs</c> finds.</summary>
    public async Task<JsonElement> ReadAsync()
    {
        var all = await PublishedAsync();
        var token = TestContext.Current.CancellationToken;
        await turn.WaitAsync(token);
        try
        {
            if (read is { } known) return known;
            // A damaged chunk shifts the sequence of what follows against readers that pass over the damage: counted elsewhere.
            var job = all.Select(recording => new { file = recording.File, ingest_id = recording.IngestId, compare = !recording.File.Contains("bad_chunk", StringComparison.Ordinal) });
            await File.WriteAllTextAsync(folder["job.json"], JsonSerializer.Serialize(job), token);
            var found = await NodeScript.RunAsync("real-read.mjs", Path.Combine(Data, "lake"), folder["job.json"], TestData.PathOf("generated", "expected_decoded.jsonl"));
            read = found;
            return found;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Path below the test data's root, with slashes.</summary>
    public static string NameOf(string file) => Path.GetRelativePath(TestData.Root!, file);

    private async Task<IReadOnlyList<PublishedRecording>> PublishAllAsync(CancellationToken token)
    {
        Traps = await NodeScript.RunAsync("real-traps.mjs", TrapsFile);
        server = await MeshProcess.UpAsync(Data);
        string[] files = [.. Directory.EnumerateFiles(TestData.PathOf(), "*.mcap", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        string[] real = [.. files.Where(file => !NameOf(file).StartsWith("generated", StringComparison.Ordinal) && !IsConformance(file))];
        // Thousands of channels with a table each take a minute: a test of their own.
        string[] generated = [.. files.Where(file => NameOf(file).StartsWith("generated", StringComparison.Ordinal) && !file.Contains("channels_", StringComparison.Ordinal))];
        string[] conformance = [.. files.Where(IsConformance).Where((_, index) => index % ConformanceSample == 0)];

        List<(string File, string Id)> uploads =
        [
            .. await PublishAsync("V1", real), .. await PublishAsync("V2", generated), .. await PublishAsync("V3", conformance), .. await PublishAsync("V:1.x", TrapsFile),
        ];
        var accounts = await SettleAsync(uploads.Count, token);
        var result = new List<PublishedRecording>();
        foreach (var (file, id) in uploads)
        {
            var account = accounts[id];
            // The list leaves out where data was lost.
            if (file.Contains("bad_", StringComparison.Ordinal) || file.Contains("truncated", StringComparison.Ordinal))
            {
                account = await MeshProcess.RunJsonAsync("recordings", "show", id, "--json", "--data", Data);
            }

            result.Add(new PublishedRecording(file, id, account));
        }

        return result;
    }

    private static bool IsConformance(string file) => file.Contains("/conformance/", StringComparison.Ordinal);

    private async Task<IEnumerable<(string File, string Id)>> PublishAsync(string vehicle, params string[] files)
    {
        var answers = await MeshProcess.RunJsonAsync(["publish", .. files, "--vehicle", vehicle, "--json", "--data", Data]);
        return answers.EnumerateArray().Select(answer => (answer.GetProperty("file").GetString()!, answer.GetProperty("ingest_id").GetString()!));
    }

    private async Task<Dictionary<string, JsonElement>> SettleAsync(int most, CancellationToken token)
    {
        string limit = (most + 1).ToString(CultureInfo.InvariantCulture);
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            var list = await MeshProcess.RunJsonAsync("recordings", "list", "--limit", limit, "--json", "--data", Data);
            var accounts = list.EnumerateArray().ToDictionary(entry => entry.GetProperty("ingest_id").GetString()!);
            string[] open = [.. accounts.Values.Select(entry => entry.GetProperty("state").GetString()!).Where(state => state is not ("committed" or "deadlettered"))];
            if (open.Length == 0) return accounts;
            Assert.True(waiting.Elapsed < TimeSpan.FromMinutes(3), $"{open.Length} recordings are still {string.Join(", ", open.Distinct())} after three minutes:\n{server!.Errors}");
            await Task.Delay(250, token);
        }
    }
}
