using Mesh.Testing;

namespace Mesh.Faults.Tests.Support;

/// <summary>What other people's readers find in the lake.</summary>
internal static class Lake
{
    /// <summary>Every message of the drives is there once, in every reader's eyes, and nothing else is.</summary>
    public static async Task HoldsExactlyAsync(string data, IReadOnlyCollection<Drive> drives)
    {
        var expected = new Dictionary<string, long>();
        foreach (var drive in drives)
        {
            foreach (var channel in drive.Truth.Channels) expected[$"{drive.IngestId} {channel.Topic}"] = channel.Messages;
        }

        var messages = new Dictionary<string, long>();
        long frames = 0;
        foreach (var (table, rows, channels) in await ReadAsync(data))
        {
            if (table.StartsWith("raw.synchronised_", StringComparison.Ordinal)) frames += rows;
            else
            {
                foreach (var (key, count) in channels) messages[key] = messages.GetValueOrDefault(key) + count;
            }
        }

        messages.OrderBy(pair => pair.Key, StringComparer.Ordinal).ShouldBe(expected.OrderBy(pair => pair.Key, StringComparer.Ordinal));
        frames.ShouldBe(drives.Sum(drive => drive.Frames));
    }

    /// <summary>Tables with their rows, after checking that the readers agree and that no row is there twice.</summary>
    public static async Task<List<(string Table, long Rows, Dictionary<string, long> Channels)>> ReadAsync(string data)
    {
        var tables = new List<(string, long, Dictionary<string, long>)>();
        var lake = await NodeScript.RunAsync("lake-read.mjs", Path.Combine(data, "lake"));
        foreach (var table in lake.EnumerateObject())
        {
            long rows = table.Value.GetProperty("icebird").GetInt64();
            foreach (string same in new[] { "duckdb", "hyparquet", "distinct", "duckdb_distinct" }) table.Value.GetProperty(same).GetInt64().ShouldBe(rows, $"{table.Name}: {same}");
            tables.Add((table.Name, rows, table.Value.GetProperty("channels").EnumerateObject().ToDictionary(channel => channel.Name, channel => channel.Value.GetInt64())));
        }

        return tables;
    }
}
