using System.Diagnostics;
using System.Text.Json;
using Mesh.Storage;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Support;

/// <summary>What other people's readers find in the lake.</summary>
internal static class Lake
{
    /// <summary>The version hint, by which these readers find a table, follows a commit; after a full disk within seconds.</summary>
    private static readonly TimeSpan HintDelay = TimeSpan.FromSeconds(15);

    /// <summary>Every message of the drives is there once, in every reader's eyes, and nothing else is.</summary>
    public static Task HoldsExactlyAsync(string data, IReadOnlyCollection<Drive> drives) =>
        HoldsExactlyAsync(() => NodeScript.RunAsync("lake-read.mjs", Path.Combine(data, "lake")), drives);

    /// <summary>The same for a lake in S3, of which these readers see a copy.</summary>
    public static Task HoldsExactlyAsync(IObjectStore lake, IReadOnlyCollection<Drive> drives) => HoldsExactlyAsync(
        async () =>
        {
            using var copy = new TemporaryFolder();
            await foreach (var entry in lake.ListAsync("", TestContext.Current.CancellationToken))
            {
                await using var source = await lake.OpenAsync(entry.Key, TestContext.Current.CancellationToken);
                byte[] bytes = new byte[entry.Bytes];
                await source.ReadAtAsync(0, bytes, TestContext.Current.CancellationToken);
                Directory.CreateDirectory(Path.GetDirectoryName(copy[entry.Key])!);
                await File.WriteAllBytesAsync(copy[entry.Key], bytes, TestContext.Current.CancellationToken);
            }

            return await NodeScript.RunAsync("lake-read.mjs", copy.Path, lake.RootUri);
        },
        drives);

    private static async Task HoldsExactlyAsync(Func<Task<JsonElement>> read, IReadOnlyCollection<Drive> drives)
    {
        var expected = new Dictionary<string, long> { ["frames"] = drives.Sum(drive => drive.Frames) };
        foreach (var drive in drives)
        {
            foreach (var channel in drive.Truth.Channels) expected[$"{drive.IngestId} {channel.Topic}"] = channel.Messages;
        }

        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(500, TestContext.Current.CancellationToken))
        {
            var found = Count(TablesOf(await read()));
            var wrong = expected.Keys.Union(found.Keys).Where(key => found.GetValueOrDefault(key) != expected.GetValueOrDefault(key)).ToList();
            if (wrong.Count == 0) return;
            wrong.ShouldAllBe(key => found.GetValueOrDefault(key) < expected.GetValueOrDefault(key), "nothing is invented and nothing twice");
            Assert.True(waited.Elapsed < HintDelay, string.Join('\n', wrong.Select(key => $"{key}: {found.GetValueOrDefault(key)} rows instead of {expected[key]}")));
        }
    }

    private static Dictionary<string, long> Count(List<(string Table, long Rows, Dictionary<string, long> Channels)> tables)
    {
        var found = new Dictionary<string, long>();
        foreach (var (table, rows, channels) in tables)
        {
            if (table.StartsWith("raw.synchronised_", StringComparison.Ordinal)) found["frames"] = found.GetValueOrDefault("frames") + rows;
            else
            {
                foreach (var (key, count) in channels) found[key] = found.GetValueOrDefault(key) + count;
            }
        }

        return found;
    }

    /// <summary>Tables with their rows, after checking that the readers agree and that no row is there twice.</summary>
    public static async Task<List<(string Table, long Rows, Dictionary<string, long> Channels)>> ReadAsync(string data) =>
        TablesOf(await NodeScript.RunAsync("lake-read.mjs", Path.Combine(data, "lake")));

    private static List<(string Table, long Rows, Dictionary<string, long> Channels)> TablesOf(JsonElement lake)
    {
        var tables = new List<(string, long, Dictionary<string, long>)>();
        foreach (var table in lake.EnumerateObject())
        {
            long rows = table.Value.GetProperty("icebird").GetInt64();
            foreach (string same in new[] { "duckdb", "hyparquet", "distinct", "duckdb_distinct" }) table.Value.GetProperty(same).GetInt64().ShouldBe(rows, $"{table.Name}: {same}");
            tables.Add((table.Name, rows, table.Value.GetProperty("channels").EnumerateObject().ToDictionary(channel => channel.Name, channel => channel.Value.GetInt64())));
        }

        return tables;
    }
}
