using Mesh.Model;

namespace Mesh.Synchronise;

/// <summary>Goes to samples of a channel by their number in order of (stamp, sequence), forwards and, where stamps run backwards, back.</summary>
internal sealed class MemberCursor(SynchroniseInput input, ChannelRows channel, bool keysOnly)
{
    // Going back means reading from the start again.
    private const long FreeRereads = 1 << 20;
    private const long RereadsPerRow = 20;

    private RowSource rows = channel.Read(keysOnly);
    private long position = -1;
    private long reread;

    /// <summary>The sample moved to, its latency added; absent before the first.</summary>
    public RowRef Current { get; private set; }

    /// <exception cref="MeshException"><c>MESH3310</c>: stamps run backwards so often that sets cannot be made in order of arrival.</exception>
    public ValueTask MoveToAsync(long ordinal, CancellationToken cancellationToken) =>
        ordinal == position ? ValueTask.CompletedTask : MoveAsync(ordinal, cancellationToken);

    private async ValueTask MoveAsync(long ordinal, CancellationToken cancellationToken)
    {
        if (ordinal < position)
        {
            reread += position;
            if (reread > FreeRereads + RereadsPerRow * channel.Rows)
            {
                throw new MeshException("MESH3310",
                    $"The stamps of {input.Channel} run backwards so often that its messages cannot be matched in order of arrival. Write 'order: stamp' in the group's 'match'.");
            }

            rows = channel.Read(keysOnly);
            position = -1;
        }

        while (position < ordinal)
        {
            if (!await rows.MoveNextAsync(cancellationToken).ConfigureAwait(false)) throw new InvalidOperationException($"There is no sample {ordinal} of {input.Channel}.");
            position++;
        }

        Current = rows.Current.Shifted(input.LatencyNs);
    }
}
