using System.Globalization;
using Mesh.Commands.Queries;

namespace Mesh.Cli.Output;

/// <summary>Prints clock models.</summary>
internal static class ClockPrinter
{
    public static void Print(IReadOnlyList<ClockSegmentView> clocks)
    {
        Printer.Table(
            ["channel", "clock", "kind", "segment", "host - device", "drift ppm", "± 95 %", "stamps"],
            clocks.Select(clock => (string[])
            [
                clock.Channel, clock.TimeBase, clock.RefusalCode is null ? clock.Kind : "none", clock.FromNs is null ? "" : clock.Segment.ToString(CultureInfo.InvariantCulture),
                Duration(clock.OffsetNs), clock.DriftPpm?.ToString("0.000", CultureInfo.InvariantCulture) ?? "", Duration(clock.HalfWidthNs), clock.Samples.ToString("N0", CultureInfo.InvariantCulture),
            ]),
            new HashSet<int> { 3, 4, 5, 6, 7 });
        foreach (var clock in clocks.Where(clock => clock.Segment == 0))
        {
            if (clock.RefusalReason is not null) Line($"{clock.Channel}: no model, {clock.RefusalCode}: {clock.RefusalReason}");
            foreach (var jump in clock.Jumps)
            {
                string where = jump.FirstIndex == jump.LastIndex ? $"at message {jump.FirstIndex}" : $"between messages {jump.FirstIndex} and {jump.LastIndex}";
                Line($"{clock.Channel}: a step of {Duration(jump.DeltaNs)} ± {Duration(jump.HalfWidthNs)} {where}{(jump.Cause is null ? "" : $": {jump.Cause}")}");
            }

            foreach (string note in clock.Notes) Line($"{clock.Channel}: {note}");
        }
    }

    private static void Line(string text) => Terminal.Out.WriteLine(Printer.OneLine(text, 1000));

    private static string Duration(long? ns) => ns switch
    {
        null => "",
        { } value when Math.Abs((decimal)value) < 1_000 => $"{value} ns",
        { } value when Math.Abs((decimal)value) < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.###} µs"),
        { } value when Math.Abs((decimal)value) < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.######} ms"),
        { } value => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9m:0.#########} s"),
    };
}
