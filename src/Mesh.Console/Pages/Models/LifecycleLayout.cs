using System.Globalization;
using Mesh.Training.Governance.Policy;

namespace Mesh.Console.Pages.Models;

/// <summary>
/// Where the states of a lifecycle stand: the shortest way from candidate to released in one row, all other states in a row below; moves that
/// lead back along the way arch above it.
/// </summary>
internal sealed class LifecycleLayout
{
    /// <summary>Width of a state.</summary>
    public const int BoxWidth = 120;

    /// <summary>Height of a state.</summary>
    public const int BoxHeight = 40;

    private const int Gap = 70;
    private const int Margin = 8;
    private const int Arch = 46;
    private const int Rows = 96;

    private readonly Dictionary<string, (double X, double Y)> places = [];
    private readonly List<string> way;

    public LifecycleLayout(Lifecycle lifecycle)
    {
        way = WayOf(lifecycle);
        string[] others = [.. lifecycle.States.Except(way)];
        int columns = Math.Max(way.Count, others.Length);
        Width = (Margin * 2) + (columns * BoxWidth) + ((columns - 1) * Gap);
        Place(way, Arch);
        Place(others, Arch + BoxHeight + Rows);
        Height = Arch + (others.Length == 0 ? BoxHeight : (BoxHeight * 2) + Rows) + Margin;
        Moves = [.. lifecycle.Transitions.SelectMany(move => move.From.Select(from => (from, move.To, Path(from, move.To))))];
    }

    /// <summary>Width of the drawing.</summary>
    public int Width { get; }

    /// <summary>Height of the drawing.</summary>
    public int Height { get; }

    /// <summary>States with their upper left corners.</summary>
    public IEnumerable<(string State, double X, double Y)> States => places.Select(place => (place.Key, place.Value.X, place.Value.Y));

    /// <summary>Moves with their lines.</summary>
    public IReadOnlyList<(string From, string To, string Path)> Moves { get; }

    /// <summary>The head of the arrow at the end of a move.</summary>
    public string Head(string from, string to)
    {
        var (x, y, direction) = End(from, to);
        return direction switch
        {
            'r' => Text($"M{x - 9} {y - 5} L{x} {y} L{x - 9} {y + 5}Z"),
            'd' => Text($"M{x - 5} {y - 9} L{x} {y} L{x + 5} {y - 9}Z"),
            _ => Text($"M{x - 5} {y + 9} L{x} {y} L{x + 5} {y + 9}Z"),
        };
    }

    private void Place(IReadOnlyList<string> states, double y)
    {
        double all = (states.Count * BoxWidth) + ((states.Count - 1) * Gap);
        double left = (Width - all) / 2;
        for (int i = 0; i < states.Count; i++) places[states[i]] = (left + (i * (BoxWidth + Gap)), y);
    }

    private string Path(string from, string to)
    {
        var (x, y) = places[from];
        var (endX, endY, direction) = End(from, to);
        if (direction == 'r') return Text($"M{x + BoxWidth} {y + (BoxHeight / 2)} L{endX - 6} {endY}");
        double begin = x + (BoxWidth / 2.0) + (IsOnWay(from) && !IsOnWay(to) ? (endX - x - (BoxWidth / 2.0)) * 0.06 : -14);
        if (IsOnWay(from) && IsOnWay(to)) return Text($"M{begin} {y} C{begin} {y - Arch} {endX} {endY - Arch} {endX} {endY - 6}");
        double leave = IsOnWay(from) ? y + BoxHeight : y;
        double middle = (leave + endY) / 2;
        return Text($"M{begin} {leave} C{begin} {middle} {endX} {middle} {endX} {(direction == 'd' ? endY - 6 : endY + 6)}");
    }

    // Where a move ends: from the left into the next state of the way, from above into others and back, from below out of the lower row.
    private (double X, double Y, char Direction) End(string from, string to)
    {
        var (x, y) = places[to];
        if (IsOnWay(from) && IsOnWay(to) && way.IndexOf(to) == way.IndexOf(from) + 1) return (x, y + (BoxHeight / 2.0), 'r');
        if (!IsOnWay(to)) return (x + (BoxWidth / 2.0) + ((places[from].X - x) * 0.12), y, 'd');
        return IsOnWay(from) ? (x + (BoxWidth / 2.0) + 14, y, 'd') : (x + (BoxWidth / 2.0), y + BoxHeight, 'u');
    }

    private bool IsOnWay(string state) => way.Contains(state);

    private static List<string> WayOf(Lifecycle lifecycle)
    {
        var cameFrom = new Dictionary<string, string> { [Lifecycle.Candidate] = "" };
        var queue = new Queue<string>([Lifecycle.Candidate]);
        while (queue.TryDequeue(out string? state))
        {
            foreach (string next in lifecycle.NextOf(state)) if (cameFrom.TryAdd(next, state)) queue.Enqueue(next);
        }

        var way = new List<string>();
        for (string state = cameFrom.ContainsKey(Lifecycle.Released) ? Lifecycle.Released : Lifecycle.Candidate; state.Length > 0; state = cameFrom[state]) way.Insert(0, state);
        return way;
    }

    private static string Text(FormattableString path) => path.ToString(CultureInfo.InvariantCulture);
}
