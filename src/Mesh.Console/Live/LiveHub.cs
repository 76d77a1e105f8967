using System.Text.Json;
using System.Threading.Channels;
using Mesh.Commands;
using Mesh.Commands.Live;
using Mesh.Console.Hosting;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Console.Live;

/// <summary>
/// Looks once for all who listen, and only while somebody does: for changes four times a second, which costs memory reads, and for values
/// once a second. Who does not read what is sent is dropped and comes back by itself. Thread-safe.
/// </summary>
internal sealed class LiveHub
{
    /// <summary>Listeners at a time; a browser has one, however many tabs.</summary>
    public const int MaxListeners = 64;

    private const int LooksPerSecond = 4;
    private const int MaxUnread = 32;
    private static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RateSpan = TimeSpan.FromSeconds(10);

    private readonly ILiveSource source;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Lock gate = new();
    private readonly List<Channel<LiveEvent>> listeners = [];
    private readonly Queue<LiveFacts> recent = [];
    private Dictionary<string, string> values = new(StringComparer.Ordinal);
    private string told;
    private string? status;
    private DateTimeOffset? valuesAt;
    private bool isLooking;
    private int run;

    /// <param name="source">What is looked at.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log.</param>
    public LiveHub(ILiveSource source, TimeProvider time, ILogger logger)
    {
        this.source = source;
        this.time = time;
        this.logger = logger;
        Marks = new LiveMarks(source);
        told = Marks.Now;
    }

    /// <summary>The order of changes.</summary>
    public LiveMarks Marks { get; }

    /// <summary>Begins to listen.</summary>
    /// <param name="after">Place that the listener knows; null for none.</param>
    /// <returns>The events, beginning with all values; null when too many listen. Give it back with <see cref="Leave"/>.</returns>
    public Channel<LiveEvent>? Join(string? after)
    {
        lock (gate)
        {
            if (listeners.Count >= MaxListeners) return null;
            var listener = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(MaxUnread) { SingleReader = true });
            if (valuesAt is not null) listener.Writer.TryWrite(ValuesEvent(values));
            string place = Marks.Now;
            if (Marks.Since(after) is { Count: > 0 } places) listener.Writer.TryWrite(ChangedEvent(places, place));
            listener.Writer.TryWrite(BeatEvent());
            listeners.Add(listener);
            if (!isLooking)
            {
                isLooking = true;
                _ = RunAsync(++run);
            }

            return listener;
        }
    }

    /// <summary>Ends listening; with the last listener the looking ends too.</summary>
    public void Leave(Channel<LiveEvent> listener)
    {
        lock (gate)
        {
            listeners.Remove(listener);
            if (listeners.Count > 0) return;
            isLooking = false;
            run++;

            // Whoever comes next must not be shown these as if they were of now.
            recent.Clear();
            values.Clear();
            valuesAt = null;
        }
    }

    private async Task RunAsync(int mine)
    {
        // Not under the lock of whoever joins.
        await Task.Yield();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1) / LooksPerSecond, time);
        long beatAt = time.GetTimestamp();
        for (long look = 0; Volatile.Read(ref run) == mine; look++)
        {
            if (look % LooksPerSecond == 0) await RefreshAsync(mine).ConfigureAwait(false);
            string place = Marks.Now;
            if (Marks.Since(told) is { Count: > 0 } places) Send(ChangedEvent(places, place), mine);
            told = place;
            if (time.GetElapsedTime(beatAt) >= BeatInterval)
            {
                beatAt = time.GetTimestamp();
                Send(BeatEvent(), mine);
            }

            await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task RefreshAsync(int mine)
    {
        LiveFacts facts;
        try
        {
            facts = await source.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The beats go on and say how old the values are.
            if (exception is not MeshException { IsTransient: true }) ConsoleLog.NotSampled(logger, exception);
            return;
        }

        lock (gate)
        {
            if (run != mine) return;
            while (recent.Count > 1 && facts.At - recent.Peek().At > RateSpan) recent.Dequeue();
            var now = LiveValues.Of(recent.TryPeek(out var before) ? before : null, facts);
            recent.Enqueue(facts);
            var delta = now.Where(pair => values.GetValueOrDefault(pair.Key) != pair.Value).ToDictionary();
            (values, valuesAt) = (now, facts.At);
            if (delta.Count > 0) Send(ValuesEvent(delta), mine);
            string seen = string.Join(';', facts.Stages.Select(stage => $"{stage.Name}={stage.State}{stage.Restarts}")) + facts.Health?.Status;
            if (status is not null && status != seen) Marks.Note(LiveKinds.Status);
            status = seen;
        }
    }

    private void Send(LiveEvent sent, int mine)
    {
        lock (gate)
        {
            if (run != mine) return;
            for (int i = listeners.Count - 1; i >= 0; i--)
            {
                if (listeners[i].Writer.TryWrite(sent)) continue;
                listeners[i].Writer.TryComplete();
                listeners.RemoveAt(i);
            }
        }
    }

    // Their place is the one up to which changes have been told, or a listener that comes back would miss some.
    private LiveEvent ValuesEvent(Dictionary<string, string> texts) => new(told, "values", JsonSerializer.Serialize(new { at = valuesAt, values = texts }, MeshJson.Options));

    private static LiveEvent ChangedEvent(IReadOnlyDictionary<string, string> places, string place) => new(place, "changed", JsonSerializer.Serialize(new { kinds = places.Keys, places }, MeshJson.Options));

    private LiveEvent BeatEvent() => new(
        told, "beat", JsonSerializer.Serialize(new { at = valuesAt, age = valuesAt is { } at ? Math.Max(0, (time.GetUtcNow() - at).TotalSeconds) : (double?)null }, MeshJson.Options));
}
