using System.Globalization;
using Mesh.Commands.Signals.Building;
using Mesh.Commands.Signals.Pyramids;

namespace Mesh.Commands.Signals;

/// <summary>The signals of a recording with the pyramids they are in, while a question is answered.</summary>
internal sealed class OpenedSignals : IAsyncDisposable
{
    private readonly List<PyramidReader> readers = [];
    private readonly List<SignalView> views = [];
    private readonly Dictionary<string, OpenedSignal> byName = new(StringComparer.Ordinal);
    private readonly List<string> digests = [];

    /// <summary>First log time, nanoseconds since 1970; 0 while no pyramid is there.</summary>
    public long StartNs { get; private set; } = long.MaxValue;

    /// <summary>Last log time.</summary>
    public long EndNs { get; private set; } = long.MinValue;

    /// <summary>Changes whenever the data does.</summary>
    public string Version => string.Join('.', digests);

    /// <summary>Adds the signals of a table.</summary>
    /// <param name="source">What they are made from.</param>
    /// <param name="channels">Channels that are known to be in the table.</param>
    /// <param name="reader">The pyramid; null when there is none yet. Disposed with this.</param>
    /// <param name="canBuild">Whether it is being made.</param>
    public void Add(PyramidSource source, IReadOnlyList<string> channels, PyramidReader? reader, bool canBuild)
    {
        string table = source.Table.Identifier.ToString();
        digests.Add(reader is null ? "-" : source.Digest![..12]);
        if (reader is null)
        {
            var state = canBuild ? SignalState.Building : SignalState.Absent;
            foreach (string channel in channels)
            {
                foreach (var leaf in SignalLeaf.Find(source.Table.Schema))
                {
                    if (leaf.Element < 0) Add(new SignalView("", channel, table, leaf.Path, leaf.Unit, leaf.Kind, 0, state, canBuild ? "its pyramid is being built" : "it has no pyramid yet, and without a server none is kept"), null);
                }
            }

            return;
        }

        readers.Add(reader);
        foreach (var channel in reader.Footer.Channels)
        {
            if (channel.Rows == 0) continue;
            StartNs = Math.Min(StartNs, channel.FirstTimeNs);
            EndNs = Math.Max(EndNs, channel.LastTimeNs);
            foreach (var signal in channel.Signals)
            {
                var view = new SignalView(
                    "", channel.Channel, table, signal.Column, signal.Unit, signal.Kind, signal.Samples, signal.Reason is null ? SignalState.Ready : SignalState.Absent, signal.Reason);
                Add(view, new OpenedSignal(reader, channel, signal));
            }
        }
    }

    /// <summary>To be called when all tables are added.</summary>
    public void Complete()
    {
        if (StartNs == long.MaxValue) (StartNs, EndNs) = (0, 0);

        // By channel; within one as the table has its columns.
        var ordered = views.OrderBy(view => view.Channel, StringComparer.Ordinal).ThenBy(view => view.Table, StringComparer.Ordinal).ToList();
        views.Clear();
        views.AddRange(ordered);
    }

    /// <summary>The list.</summary>
    public SignalList ToList() => new(StartNs.ToString(CultureInfo.InvariantCulture), (EndNs - StartNs) / 1e9, views);

    /// <summary>A signal that can be read; null when there is none, or why not.</summary>
    public OpenedSignal? Find(string name, out string reason)
    {
        reason = "the recording has no such signal";
        if (!byName.TryGetValue(name, out var signal))
        {
            if (views.Find(view => view.Name == name) is { Reason: { } why }) reason = why;
            return null;
        }

        if (signal.Signal.Reason is { } cause)
        {
            reason = cause;
            return null;
        }

        return signal;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var reader in readers) await reader.DisposeAsync().ConfigureAwait(false);
    }

    private void Add(SignalView view, OpenedSignal? signal)
    {
        string name = SignalName.Of(view.Channel, view.Column);
        if (byName.ContainsKey(name) || (signal is null && views.Exists(known => known.Name == name))) name = $"{name}@{view.Table}";
        views.Add(view with { Name = name });
        if (signal is not null) byName[name] = signal;
    }
}
