using System.Text.Json.Serialization;

namespace Mesh.Training.Tracking;

/// <summary>A value of a metric, as it was logged.</summary>
/// <param name="Key">Name of the metric.</param>
/// <param name="Value">Value; NaN and the infinities too, as JSON in the words "NaN", "Infinity" and "-Infinity".</param>
/// <param name="TimeMs">When, in milliseconds since 1970, as the client gave it.</param>
/// <param name="Step">Step.</param>
public sealed record LoggedMetric(
    string Key,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals | JsonNumberHandling.AllowReadingFromString)] double Value,
    long TimeMs,
    long Step);
