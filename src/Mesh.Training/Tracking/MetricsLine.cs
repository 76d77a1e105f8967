using System.Globalization;
using System.Text.Json;

namespace Mesh.Training.Tracking;

/// <summary>
/// A line of <c>metrics.jsonl</c>: an object with a <c>type</c>. Those of type <c>metric</c> hold values: every number by its name, or one by
/// <c>name</c> and <c>value</c>. <c>step</c>, <c>epoch</c> and <c>ts</c> (milliseconds since 1970) say where and when.
/// </summary>
internal static class MetricsLine
{
    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = 8 };

    /// <summary>Adds the values of a line; nothing when it holds none or is no JSON, which is judged when the trainer has ended.</summary>
    public static void Read(ReadOnlyMemory<byte> line, List<MetricPoint> points)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Depth);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("type", out var type)) return;
            if (type.ValueKind != JsonValueKind.String || !type.ValueEquals("metric")) return;

            long? epoch = Whole(root, "epoch");
            long step = Whole(root, "step") ?? epoch ?? 0;
            DateTimeOffset? time = Whole(root, "ts") is { } ms and > -62_135_596_800_000 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
            if (root.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String && root.TryGetProperty("value", out var single))
            {
                if (name.GetString() is { Length: > 0 } key && TryValue(single, out double value)) points.Add(new MetricPoint(key, value, step, time, epoch));
                return;
            }

            foreach (var property in root.EnumerateObject())
            {
                if (property.Name is "" or "type" or "ts" or "step" or "epoch") continue;
                if (TryValue(property.Value, out double value)) points.Add(new MetricPoint(property.Name, value, step, time, epoch));
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // No JSON, or text that is no UTF-16.
        }
    }

    private static long? Whole(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && Math.Abs(number) < 9e15 ? (long)number : null;

    // JSON has no word for what is not finite; trainers write it as text.
    private static bool TryValue(JsonElement element, out double value)
    {
        value = 0;
        if (element.ValueKind == JsonValueKind.Number) return element.TryGetDouble(out value);
        return element.ValueKind == JsonValueKind.String && element.GetString() is "NaN" or "Infinity" or "-Infinity"
            && double.TryParse(element.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }
}
