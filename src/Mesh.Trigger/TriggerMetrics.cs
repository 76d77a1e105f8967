using System.Diagnostics.Metrics;

namespace Mesh.Trigger;

/// <summary>Meter <c>Mesh.Trigger</c>.</summary>
internal static class TriggerMetrics
{
    private static readonly Meter Meter = new("Mesh.Trigger");

    private static readonly Counter<long> Firings = Meter.CreateCounter<long>("mesh.trigger.firings", "{firing}", "Jobs asked for, by rule.");

    public static void Fired(string rule) => Firings.Add(1, new KeyValuePair<string, object?>("mesh.trigger.rule", rule));
}
