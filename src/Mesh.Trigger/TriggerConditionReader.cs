using System.Text.Json.Nodes;
using Mesh.Streaming.Topologies;

namespace Mesh.Trigger;

/// <summary>Reads a rule's <c>when</c>: what it names side by side is an <c>any</c>, and so is what stands under <c>any</c>.</summary>
internal static class TriggerConditionReader
{
    private const int MaxDepth = 10;

    /// <summary>The condition; null when it cannot be read, which is reported.</summary>
    public static TriggerCondition? Read(TopologyNode when) => Read(when, isAll: false, depth: 0);

    private static TriggerCondition? Read(TopologyNode node, bool isAll, int depth)
    {
        if (depth > MaxDepth)
        {
            node.Report($"conditions may stand inside one another {MaxDepth} deep");
            return null;
        }

        node.AllowKeys("newRows", "newDuration", "newVehicles", "labels", "drift", "all", "any");
        var parts = new List<TriggerCondition>();
        bool failed = false;
        if (node.Get("newRows") is { } rows && Count(node, rows, "newRows", ref failed) is { } atLeast) parts.Add(new NewRowsCondition(atLeast));
        if (node.Get("newDuration") is { } duration)
        {
            long ns = node.GetDurationNs("newDuration", -1);
            if (ns == 0) duration.Report("'newDuration' must be positive");
            if (ns > 0) parts.Add(new NewDurationCondition(TimeSpan.FromTicks(ns / 100)));
            else failed = true;
        }

        if (node.Get("newVehicles") is { } vehicles && Count(node, vehicles, "newVehicles", ref failed) is { } different) parts.Add(new NewVehiclesCondition(different));
        foreach (var labels in ItemsOf(node.Get("labels"))) Add(ReadLabels(labels));
        foreach (var drift in ItemsOf(node.Get("drift"))) Add(ReadDrift(drift));
        if (node.Get("all") is { } all) Add(Read(all, isAll: true, depth + 1));
        if (node.Get("any") is { } any) Add(Read(any, isAll: false, depth + 1));
        if (parts.Count == 0 && !failed) node.Report($"{(node.Path.Length == 0 ? "'when'" : node.Path)} needs at least one of newRows, newDuration, newVehicles, labels, drift, all, any: when: {{ newRows: 100000, newDuration: 1h }}");
        if (failed || parts.Count == 0) return null;
        if (parts.Count == 1) return parts[0];
        return isAll ? new AllCondition(parts) : new AnyCondition(parts);

        void Add(TriggerCondition? part)
        {
            if (part is null) failed = true;
            else parts.Add(part);
        }
    }

    private static LabelsCondition? ReadLabels(TopologyNode node)
    {
        node.AllowKeys("column", "atLeast");
        string column = node.RequireText("column");
        var quotas = new SortedDictionary<string, long>(StringComparer.Ordinal);
        bool failed = column.Length == 0;
        if (node.Get("atLeast") is { } values)
        {
            foreach (string value in values.Keys)
            {
                if (values.Get(value) is { } quota && Count(values, quota, value, ref failed) is { } rows) quotas[value] = rows;
            }
        }

        if (quotas.Count == 0 && !failed)
        {
            node.Report("'labels' needs 'atLeast' with rows by value: labels: { column: manoeuvre, atLeast: { cut_in: 200 } }");
            failed = true;
        }

        return failed ? null : new LabelsCondition(column, quotas);
    }

    private static DriftCondition? ReadDrift(TopologyNode node)
    {
        node.AllowKeys("column", "measure", "bins", "above");
        string column = node.RequireText("column");
        var measure = node.GetChoice("measure", DriftMeasure.Psi);
        long bins = node.GetInteger("bins", 10);
        double above = node.GetNumber("above", 0);
        bool isValid = column.Length > 0;
        if (bins is < 2 or > 1000)
        {
            node.Get("bins")!.Report("'bins' must be from 2 to 1000");
            isValid = false;
        }

        if (node.Get("above") is null) node.Report("'drift' needs 'above', the value that must be exceeded: drift: { column: speed, measure: psi, above: 0.2 }");
        else if (above <= 0 || (above >= 1 && measure != DriftMeasure.Psi)) node.Get("above")!.Report($"'above' must be positive{(measure == DriftMeasure.Psi ? "" : " and below 1")}");
        else return isValid ? new DriftCondition(column, measure, (int)bins, above) : null;
        return null;
    }

    private static IReadOnlyList<TopologyNode> ItemsOf(TopologyNode? node) => node is null ? [] : node.ToJson() is JsonArray ? node.Items : [node];

    private static long? Count(TopologyNode parent, TopologyNode node, string key, ref bool failed)
    {
        long count = parent.GetInteger(key, long.MinValue);
        if (count > 0) return count;
        if (count != long.MinValue) node.Report($"'{key}' must be positive");
        failed = true;
        return null;
    }
}
