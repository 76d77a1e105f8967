using System.Globalization;

namespace Mesh.Trigger;

/// <summary>How far a condition without parts is.</summary>
/// <param name="Product">The product.</param>
/// <param name="Condition"><c>newRows</c>, <c>newDuration</c>, <c>newVehicles</c>, <c>labels</c> or <c>drift</c>.</param>
/// <param name="Subject">The value of labels, with its column; the column and measure of drift; else empty.</param>
/// <param name="Value">Rows, seconds, vehicles, rows, or the measure.</param>
/// <param name="Threshold">What is asked for, in the same unit.</param>
/// <param name="IsMet">Whether it is enough.</param>
/// <param name="Note">What kept it from being measured in full; null when nothing did.</param>
public sealed record ConditionProgress(string Product, string Condition, string Subject, double Value, double Threshold, bool IsMet, string? Note = null)
{
    /// <summary>Value by threshold, 0 to 100, rounded down.</summary>
    public int Percent => IsMet ? 100 : Threshold <= 0 ? 0 : (int)Math.Clamp(100 * Value / Threshold, 0, 99);

    /// <summary>For people, without the note: <c>1,200 of 2,000 new rows</c>.</summary>
    public override string ToString()
    {
        return Condition switch
        {
            "newRows" => string.Create(CultureInfo.InvariantCulture, $"{Value:N0} of {Threshold:N0} new rows"),
            "newDuration" => $"{DurationWords.Of(TimeSpan.FromSeconds(Value))} of {DurationWords.Of(TimeSpan.FromSeconds(Threshold))} of new recordings",
            "newVehicles" => string.Create(CultureInfo.InvariantCulture, $"{Value:N0} of {Threshold:N0} vehicles"),
            "labels" => string.Create(CultureInfo.InvariantCulture, $"{Value:N0} of {Threshold:N0} rows of {Subject}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Subject} {Value:0.####}, {(IsMet ? "above" : "not above")} {Threshold}"),
        };
    }
}
