using Mesh.Commands.State;
using Mesh.Lakehouse.Recordings;

namespace Mesh.Commands.Queries;

/// <summary>A state directory on which no server runs.</summary>
internal sealed class StoppedServer(StateDirectory state, RecordingStore recordings) : IServerFacts
{
    public async Task<StatusView> GetStatusAsync(CancellationToken cancellationToken) => new(
        MeshVersion.Text, Running: false, state.Root, null, null, null, null, null, [],
        await RecordingCounts.OfAsync(recordings, cancellationToken).ConfigureAwait(false), new Dictionary<string, long>(),
        new DriveInfo(state.Root).AvailableFreeSpace);

    // What the index has is all there is until a server reads on.
    public Task CatchUpWithLettersAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
