using System.Runtime.CompilerServices;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Microsoft.Extensions.Logging;

namespace Mesh.Streaming.DeadLetters;

/// <summary>Reads the dead letters there are, each once however often it was written.</summary>
public sealed class DeadLetterReader
{
    private readonly TopicAdmin admin;
    private readonly ILogger logger;

    /// <param name="admin">Where from.</param>
    /// <param name="logger">Log.</param>
    public DeadLetterReader(TopicAdmin admin, ILogger logger)
    {
        this.admin = admin;
        this.logger = logger;
    }

    /// <summary>Letters of one stage or of all, by stage in the order of its topic's partitions.</summary>
    /// <param name="stage">Stage (<c>decode</c> ...); null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH7107</c> when the log cannot be read.</exception>
    public async IAsyncEnumerable<DeadLetter> ReadAsync(string? stage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<string> seen = [];
        var topics = await admin.ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (string topic in topics.Keys.Where(name => IsOf(name, stage)).Order(StringComparer.Ordinal))
        {
            await foreach (var consumed in admin.ReadToEndAsync<DeadLetter>(topic, cancellationToken).ConfigureAwait(false))
            {
                if (consumed.Value is not { } letter)
                {
                    Log.LetterUnreadable(logger, topic, consumed.Position.Partition, consumed.Position.Offset, consumed.Error ?? "");
                }
                else if (seen.Add(letter.Id))
                {
                    yield return letter;
                }
            }
        }
    }

    /// <summary>Whether a topic holds the dead letters of a stage.</summary>
    public static bool IsDeadLetterTopic(string topic) =>
        topic.StartsWith("mesh.", StringComparison.Ordinal) && topic.EndsWith(".dead-letters.v1", StringComparison.Ordinal);

    private static bool IsOf(string topic, string? stage) => stage is not null ? topic == Topics.DeadLetters(stage) : IsDeadLetterTopic(topic);
}
