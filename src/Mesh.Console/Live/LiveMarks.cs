using System.Globalization;
using System.Security.Cryptography;
using Mesh.Commands.Live;

namespace Mesh.Console.Live;

/// <summary>
/// Places in the order of all changes: <c>RUN-NUMBER</c>, where the number grows with every change of any kind. A page carries the place it
/// was made at, so a browser can tell by itself whether something that the page shows has changed since, however long it did not listen.
/// Thread-safe.
/// </summary>
internal sealed class LiveMarks(ILiveSource source)
{
    private readonly Lock gate = new();
    private readonly string run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
    private readonly Dictionary<string, long> versions = LiveKinds.All.ToDictionary(kind => kind, source.VersionOf, StringComparer.Ordinal);
    private readonly Dictionary<string, long> changedAt = new(StringComparer.Ordinal);
    private long ownChanges;

    /// <summary>The place now.</summary>
    public string Now => Text(Number);

    private long Number => LiveKinds.All.Sum(source.VersionOf) + Interlocked.Read(ref ownChanges);

    /// <summary>Kinds that have changed after a place, each with the place of its last change; after one of another run, all of them.</summary>
    public IReadOnlyDictionary<string, string> Since(string? place)
    {
        lock (gate)
        {
            long number = Number;
            foreach (string kind in LiveKinds.All)
            {
                long version = source.VersionOf(kind);
                if (version == versions[kind]) continue;
                versions[kind] = version;
                changedAt[kind] = number;
            }

            return Parse(place) is { } known
                ? changedAt.Where(pair => pair.Value > known).ToDictionary(pair => pair.Key, pair => Text(pair.Value))
                : LiveKinds.All.ToDictionary(kind => kind, kind => Text(changedAt.GetValueOrDefault(kind)));
        }
    }

    /// <summary>Notes a change that the source does not count.</summary>
    public void Note(string kind)
    {
        lock (gate)
        {
            Interlocked.Increment(ref ownChanges);
            changedAt[kind] = Number;
        }
    }

    private string Text(long number) => string.Create(CultureInfo.InvariantCulture, $"{run}-{number}");

    private long? Parse(string? place) =>
        place is not null && place.StartsWith(run + "-", StringComparison.Ordinal) && long.TryParse(place.AsSpan(run.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
