using System.Globalization;
using System.Text.Json;
using Mesh.Faults.Tests.Support;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Storage;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Trigger;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Gathers what is there in the end: from the server's answers, from the lake through other people's readers, from Mesh's own.</summary>
internal sealed class Gatherer(Oracle oracle, CampaignServer server, CampaignPlace place)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Waits until every acknowledged upload has come to its end, or for as long as may be.</summary>
    public async Task SettleAsync(TimeSpan patience)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        foreach (var upload in oracle.Acknowledged)
        {
            while (await AccountAsync(upload) is not { State: "committed" or "deadlettered" } && waited.Elapsed < patience) await Task.Delay(250, Stop);
        }

        // Jobs come after commits; the last firing is not waited for by anybody else.
        using var database = place.OpenDatabase();
        var (ledger, jobs) = (new TriggerLedger(database), new JobStore(database));
        while (waited.Elapsed < patience)
        {
            var fired = (await ledger.ListFiringsAsync(10_000, Stop)).Select(firing => firing.TriggerId).ToHashSet();
            if (fired.IsSubsetOf((await jobs.ListAsync(10_000, Stop)).Where(job => job.State.IsEnd()).Select(job => job.TriggerId))) break;
            await Task.Delay(250, Stop);
        }
    }

    /// <summary>Sweeps orphans and gathers everything.</summary>
    public async Task<Evidence> GatherAsync(long memoryCapBytes, IReadOnlyList<string> required)
    {
        var accounts = new Dictionary<string, Account>();
        foreach (var upload in oracle.Attempted)
        {
            if (await AccountAsync(upload) is { } account) accounts[upload.IngestId] = account;
        }

        var letters = await server.Current!.DeadLettersAsync();
        await SweepAsync();
        using var copy = new TemporaryFolder();
        var lake = await ReadForeignAsync(copy.Path);
        var rows = ReadRows(copy.Path);

        using var database = place.OpenDatabase();
        using var store = place.OpenLake();
        var tables = new TableCatalogue(database, store.Value, TimeProvider.System);
        return new Evidence
        {
            Acknowledged = oracle.Acknowledged,
            Attempted = oracle.Attempted,
            Accounts = accounts,
            Letters = [.. letters.Select(letter => new Letter(
                letter.GetProperty("ingest_id").GetString()!, letter.GetProperty("code").GetString()!, letter.GetProperty("channel").GetString()!,
                letter.GetProperty("sequence").GetInt64(), letter.GetProperty("count").GetInt64()))],
            Rows = rows,
            OwnRows = await CountOwnAsync(tables, rows.Select(row => row.Table).Distinct()),
            Frames = FramesOf(lake),
            FilesTwice = [.. lake.EnumerateObject().SelectMany(table => Texts(table.Value, "twice"))],
            Offsets = oracle.Offsets,
            Firings = [.. (await new TriggerLedger(database).ListFiringsAsync(10_000, Stop)).Select(firing =>
                new Firing(firing.TriggerId, firing.Rule, firing.Table, firing.FromSnapshotId, firing.ToSnapshotId, firing.NewRows))],
            Jobs = [.. (await new JobStore(database).ListAsync(10_000, Stop)).Select(job => job.TriggerId)],
            Liveness = oracle.Liveness,
            PeakBytes = [.. server.PeakBytes.Values],
            MemoryCapBytes = memoryCapBytes,
            Orphans = [.. lake.EnumerateObject().SelectMany(table => Texts(table.Value, "orphans"))],
            Missing = [.. lake.EnumerateObject().SelectMany(table => Texts(table.Value, "missing"))],
            FailedReads = oracle.FailedReads,
            ForeignCommitsLost = oracle.ForeignCommitsLost,
            Disagreements = [.. lake.EnumerateObject().SelectMany(Disagreement)],
            Deaths = [.. server.Deaths],
            Occurred = oracle.Occurred,
            Required = required,
        };
    }

    private async Task<Account?> AccountAsync(Upload upload)
    {
        if (await server.Current!.GetAsync("recordings/" + upload.IngestId) is not { } recording) return null;
        long Number(string name) => recording.GetProperty(name).GetInt64();
        return new Account(
            recording.GetProperty("state").GetString()!, recording.GetProperty("reason").GetString(), Number("messages_in"), Number("rows_out"), Number("dead_letters"),
            Number("not_selected"), Number("frames_out"), Number("loss_count"));
    }

    private async Task SweepAsync()
    {
        var (code, output, errors) = await MeshProcess.RunAsync("catalogue", "orphans", "--all", "--older-than", "0s", "--server", server.Current!.Process.AddressOf("http"));
        code.ShouldBe(0, output + errors);
    }

    private async Task<JsonElement> ReadForeignAsync(string rowsFolder)
    {
        // The hint by which these readers find a table follows its commit, after trouble within seconds.
        await Task.Delay(TimeSpan.FromSeconds(2), Stop);
        return await place.ReadForeignAsync(rowsFolder);
    }

    private static List<LakeRow> ReadRows(string folder)
    {
        var rows = new List<LakeRow>();
        var names = new Dictionary<string, string>();
        string Same(string text) => names.TryGetValue(text, out string? known) ? known : names[text] = text;
        foreach (string file in Directory.EnumerateFiles(folder, "*.csv"))
        {
            string table = Path.GetFileNameWithoutExtension(file);
            foreach (string line in File.ReadLines(file))
            {
                string[] cells = line.Split(',');
                long Number(int cell) => long.Parse(cells[cell], CultureInfo.InvariantCulture);
                rows.Add(new LakeRow(
                    table, Same(cells[0]), Same(cells[1]), Number(2), Number(3), Number(4), double.Parse(cells[5], CultureInfo.InvariantCulture), cells[6],
                    cells[7].Length == 0 ? null : Number(7)));
            }
        }

        return rows;
    }

    private static async Task<Dictionary<(string, string), long>> CountOwnAsync(TableCatalogue tables, IEnumerable<string> names)
    {
        var counts = new Dictionary<(string, string), long>();
        foreach (string name in names)
        {
            await foreach (var batch in tables.ScanAsync(TableIdentifier.Parse(name), new ScanOptions { Columns = ["recording_id"] }, Stop))
            {
                for (int i = 0; i < batch.Length; i++)
                {
                    var key = (name, batch["recording_id"].GetString(i));
                    counts[key] = counts.GetValueOrDefault(key) + 1;
                }
            }
        }

        return counts;
    }

    private static Dictionary<string, (long, long)> FramesOf(JsonElement lake)
    {
        var frames = new Dictionary<string, (long Rows, long Distinct)>();
        foreach (var recording in lake.EnumerateObject().SelectMany(table => table.Value.GetProperty("frames").EnumerateObject()))
        {
            var before = frames.GetValueOrDefault(recording.Name);
            frames[recording.Name] = (before.Rows + recording.Value[0].GetInt64(), before.Distinct + recording.Value[1].GetInt64());
        }

        return frames;
    }

    private static IEnumerable<string> Disagreement(JsonProperty table)
    {
        long rows = table.Value.GetProperty("rows").GetInt64();
        if (table.Value.GetProperty("hyparquet").GetInt64() != rows) yield return $"{table.Name}: DuckDB finds {rows} rows, hyparquet {table.Value.GetProperty("hyparquet")}";
        if (table.Value.GetProperty("icebird") is { ValueKind: JsonValueKind.Number } icebird && icebird.GetInt64() != rows) yield return $"{table.Name}: DuckDB finds {rows} rows, icebird {icebird}";
    }

    private static IEnumerable<string> Texts(JsonElement table, string name) => table.GetProperty(name).EnumerateArray().Select(text => text.GetString()!);
}
