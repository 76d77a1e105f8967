using System.Collections.Concurrent;
using Mesh.Commands.Live;

namespace Mesh.Console.Tests.Live;

/// <summary>A server whose changes and figures a test decides.</summary>
internal sealed class FakeLiveSource : ILiveSource
{
    private readonly ConcurrentDictionary<string, long> versions = new();

    public LiveHistory History { get; } = new();

    public long OpenLetters { get; set; }

    public int Looks { get; private set; }

    public void Change(string kind) => versions.AddOrUpdate(kind, 1, (_, version) => version + 1);

    public long VersionOf(string kind) => versions.GetValueOrDefault(kind);

    public Task<LiveFacts> ReadAsync(CancellationToken cancellationToken)
    {
        Looks++;
        return Task.FromResult(Facts(DateTimeOffset.UtcNow, OpenLetters));
    }

    public static LiveFacts Facts(DateTimeOffset at, long openLetters, double rows = 0) => new(
        at, [], null, new Dictionary<string, long> { ["committed"] = 3 }, openLetters, new Dictionary<string, long>(), new Dictionary<(string, string), long>(),
        new Dictionary<string, IReadOnlyDictionary<string, double>> { ["mesh_ingest_rows_total"] = new Dictionary<string, double> { ["fleet-ingest"] = rows } }, 1L << 30);
}
