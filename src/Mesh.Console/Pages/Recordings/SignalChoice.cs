using Mesh.Commands.Signals;

namespace Mesh.Console.Pages.Recordings;

/// <summary>Which signals a page shows: those of its address, else some that say most of a drive at a glance.</summary>
internal static class SignalChoice
{
    /// <summary>Most signals that a page draws; the address may name more, which the page says.</summary>
    public const int MaxShown = 16;

    private const int Usual = 4;

    // What people look at first, in this order; the first signal whose column contains the word.
    private static readonly string[] First = ["speed", "linear_acceleration.x", "angle", "angular_velocity.z", "velocity", "acceleration", "altitude", "torque", "temperature"];

    /// <summary>The signals to draw, in the list's order of being asked.</summary>
    public static IReadOnlyList<SignalView> Of(SignalList list, IReadOnlyList<string> names)
    {
        if (names.Count > 0) return [.. names.Select(name => list.Signals.FirstOrDefault(signal => signal.Name == name)).OfType<SignalView>().Distinct().Take(MaxShown)];
        var drawn = list.Signals.Where(signal => signal.State != SignalState.Absent && !IsFine(signal)).ToList();
        var chosen = new List<SignalView>();
        foreach (string word in First)
        {
            // One of a kind is enough: four wheels are as fast as each other.
            if (chosen.Count < Usual - 1 && drawn.Find(signal => signal.Kind == SignalKind.Number && Names(signal, word)) is { } found && !chosen.Contains(found)) chosen.Add(found);
        }

        chosen.AddRange(drawn.Where(signal => signal.Kind == SignalKind.Number && !chosen.Contains(signal)).Take(Math.Max(0, Usual - 1 - chosen.Count)));
        if (drawn.Find(signal => signal.Kind != SignalKind.Number && (Names(signal, "label") || Names(signal, "state") || Names(signal, "mode") || Names(signal, "gear"))) is { } band) chosen.Add(band);
        return chosen;
    }

    private static bool Names(SignalView signal, string word) => signal.Column.Contains(word, StringComparison.OrdinalIgnoreCase);

    // Elements of matrices and what belongs to synchronised rows are there for whoever looks for them.
    private static bool IsFine(SignalView signal) =>
        signal.Column.Contains('[', StringComparison.Ordinal) || signal.Table.Contains("synchronised", StringComparison.Ordinal) || signal.Column.Contains("frame_id", StringComparison.Ordinal);
}
