using System.Globalization;
using Mesh.Streaming.Topologies;

namespace Mesh.Synchronise;

/// <summary>Reads the <c>fields</c> of an input.</summary>
internal static class FieldSection
{
    private const double Degrees = 360;

    /// <summary>Rules by dotted path; what is wrong is reported.</summary>
    public static IReadOnlyDictionary<string, FieldRule> Read(TopologyNode fields)
    {
        var rules = new SortedDictionary<string, FieldRule>(StringComparer.Ordinal);
        foreach (string path in fields.Keys)
        {
            if (fields.Get(path) is { } node) rules[path] = ReadRule(node);
            else fields.Report($"{fields.Path}.{path} needs how the field is interpolated, for example {{ as: angle, period: 360deg }}.");
        }

        return rules;
    }

    private static FieldRule ReadRule(TopologyNode node)
    {
        node.AllowKeys("as", "period", "order", "maxRate");
        string word = node.RequireText("as");
        bool isLongitude = word == "longitude";
        var treatment = word.Length == 0 || isLongitude ? FieldTreatment.Angle : node.GetChoice("as", FieldTreatment.Hold);
        if (node.Get("period") is { } period && (treatment != FieldTreatment.Angle || isLongitude)) period.Report($"{period.Path} has a meaning for 'as: angle' only.");
        if (node.Get("order") is { } order && treatment != FieldTreatment.Quaternion) order.Report($"{order.Path} has a meaning for 'as: quaternion' only.");
        double? maxRate = node.Get("maxRate") is null ? null : node.GetNumber("maxRate", 1);
        if (maxRate is <= 0) node.Get("maxRate")!.Report($"{node.Path}.maxRate must be above zero: the fastest change that is believed, per second.");
        return new FieldRule(treatment) { Period = isLongitude ? Degrees : ReadPeriod(node), MaxRate = maxRate, IsWFirst = ReadOrder(node) };
    }

    private static double ReadPeriod(TopologyNode node)
    {
        if (node.Get("period") is not { } child) return Degrees;
        string text = child.AsText().Trim();
        var (unit, factor) = text.EndsWith("deg", StringComparison.Ordinal) ? ("deg", 1) : text.EndsWith("pi", StringComparison.Ordinal) ? ("pi", Math.PI) : ("", 1.0);
        string number = text[..^unit.Length].Trim();
        if (number.Length == 0 && unit == "pi") return Math.PI;
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value is > 0 and < 1e9) return value * factor;
        child.Report($"{child.Path}: '{text}' is not a full circle in the field's unit: 360deg, 2pi, or a number.");
        return Degrees;
    }

    private static bool ReadOrder(TopologyNode node)
    {
        if (node.Get("order") is not { } child) return false;
        string text = child.AsText();
        if (text is not ("xyzw" or "wxyz")) child.Report($"{child.Path}: '{text}' is none of xyzw, wxyz.");
        return text == "wxyz";
    }
}
