using System.Globalization;
using Mesh.Commands.Live;
using Mesh.Console.Components;
using Mesh.Lakehouse.Recordings;

namespace Mesh.Console.Live;

/// <summary>What is measured, as texts by key: the text of every element that carries <c>data-live-key="KEY"</c>.</summary>
internal static class LiveValues
{
    private static readonly string[] States = [.. Enum.GetNames<RecordingState>().Select(state => state.ToLowerInvariant())];

    /// <summary>All texts.</summary>
    /// <param name="before">Facts of some seconds ago, for rates; null for none.</param>
    /// <param name="now">Facts.</param>
    public static Dictionary<string, string> Of(LiveFacts? before, LiveFacts now)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["health"] = now.Health?.Status.ToString().ToLowerInvariant() ?? "not examined yet",
            ["recordings"] = Format.Count(now.Recordings.Values.Sum()),
            ["letters.open"] = Format.Count(now.OpenLetters),
            ["lag"] = Format.Count(now.Lags.Values.Sum()),
            ["disk.free"] = Format.Bytes(now.FreeDiskBytes),
        };
        foreach (string state in States) values[$"recordings.{state}"] = Format.Count(now.Recordings.GetValueOrDefault(state));
        foreach (var stage in now.Stages)
        {
            values[$"stage.{stage.Name}.state"] = stage.State;
            values[$"stage.{stage.Name}.restarts"] = Format.Count(stage.Restarts);
        }

        foreach (var (topic, records) in now.TopicRecords) values[$"topic.{topic}.records"] = Format.Count(records);
        foreach (var (key, lag) in now.Lags) values[$"lag.{key.Group}.{key.Topic}"] = Format.Count(lag);
        foreach (string gauge in new[] { "queue_bytes", "waiting", "working" })
        {
            foreach (var (topology, value) in Meter(now, $"mesh_ingest_{gauge}")) values[$"{gauge.Replace('_', '.')}.{topology}"] = gauge == "queue_bytes" ? Format.Bytes(value) : Format.Count((long)value);
        }

        if (before is not null) AddRates(values, before, now);
        return values;
    }

    /// <summary>A rate: <c>1,234/s</c>, with a digit after the point while it is small.</summary>
    public static string Rate(double perSecond) => perSecond switch
    {
        0 => "0/s",
        < 0.1 => "< 0.1/s",
        < 10 => perSecond.ToString("0.0", CultureInfo.InvariantCulture) + "/s",
        _ => Format.Count((long)Math.Round(perSecond)) + "/s",
    };

    private static void AddRates(Dictionary<string, string> values, LiveFacts before, LiveFacts now)
    {
        values["rate.rows"] = Rate(LiveRates.Rows(before, now));
        values["rate.messages"] = Rate(LiveRates.Of(before, now, "mesh_ingest_messages_total") + LiveRates.Of(before, now, "mesh_telemetry_messages_total"));
        values["rate.bytes"] = Format.Bytes(LiveRates.ReceivedBytes(before, now)) + "/s";
        values["rate.commits"] = Rate(LiveRates.Of(before, now, "mesh_catalogue_commits_total"));
        foreach (var (topology, rows) in Meter(now, "mesh_ingest_rows_total"))
        {
            values[$"rate.rows.{topology}"] = Rate(LiveRates.Of(Meter(before, "mesh_ingest_rows_total").GetValueOrDefault(topology), rows, now.At - before.At));
        }

        foreach (var (topic, records) in now.TopicRecords)
        {
            // Retention deletes too, which is no negative rate.
            if (before.TopicRecords.TryGetValue(topic, out long earlier)) values[$"topic.{topic}.rate"] = Rate(Math.Max(0, (records - earlier) / (now.At - before.At).TotalSeconds));
        }
    }

    private static IReadOnlyDictionary<string, double> Meter(LiveFacts facts, string name) => facts.Meters.GetValueOrDefault(name) ?? new Dictionary<string, double>();
}
