using Mesh.Broker.Registry;
using Mesh.Broker.Storage;
using Mesh.Model;

namespace Mesh.Broker;

/// <summary>
/// Schemas by subject and version on the broker's topic <c>_schemas</c>, in the record form of Confluent's registry, so that other
/// registries and tools can read it. The topic is the truth; what is in memory follows it, whoever writes to it. <c>MapSchemaRegistry</c>
/// gives it its REST interface.
/// </summary>
public sealed partial class SchemaRegistry : IDisposable
{
    /// <summary>Topic that holds the schemas.</summary>
    public const string TopicName = "_schemas";

    private static readonly string[] SchemaTypes = ["JSON", "PROTOBUF", SubjectVersion.Avro];

    private readonly KafkaBroker broker;
    private readonly IPartitionLog log;
    private readonly SchemaStore store = new();

    /// <summary>Every change is decided and written by itself, or two registrations of one content could get two ids.</summary>
    private readonly SemaphoreSlim changing = new(1, 1);

    private readonly CancellationTokenSource stopping = new();

    private SchemaRegistry(KafkaBroker broker, IPartitionLog log)
    {
        this.broker = broker;
        this.log = log;
    }

    /// <summary>Whether the broker's clients have to log in, and so the registry's.</summary>
    public bool RequiresLogin => broker.State.Users.IsRequired;

    internal static IReadOnlyList<string> Types => SchemaTypes;

    internal string ClusterId => broker.State.Topics.ClusterId;

    internal SchemaStore Store => store;

    /// <summary>Opens the registry of a broker and reads what is registered.</summary>
    /// <param name="broker">Broker whose topic <see cref="TopicName"/> holds the schemas; created when absent.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="MeshException"><c>MESH7005</c>, transient: the topic cannot be created or read.</exception>
    public static async Task<SchemaRegistry> StartAsync(KafkaBroker broker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(broker);
        var settings = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["retention.ms"] = "-1", ["retention.bytes"] = "-1" };
        var (error, topic) = await broker.State.Topics.CreateAsync(TopicName, 1, settings).ConfigureAwait(false);
        if (topic is null) throw new MeshException("MESH7005", $"The schema registry's topic {TopicName} cannot be created ({error}). Check the disk of {broker.State.Options.DataFolder}.", isTransient: true);
        var registry = new SchemaRegistry(broker, topic.Partitions[0]);
        try
        {
            registry.CatchUp(cancellationToken);
        }
        catch (RegistryException e)
        {
            registry.Dispose();
            throw new MeshException("MESH7005", $"The schema registry's topic {TopicName} cannot be read. Check the disk of {broker.State.Options.DataFolder}; the log says where it failed.", isTransient: true, e);
        }

        _ = registry.FollowAsync(registry.stopping.Token);
        return registry;
    }

    /// <summary>Whether name and password are those of a user of the broker, as SASL PLAIN would say.</summary>
    /// <param name="name">Name.</param>
    /// <param name="password">Password, in UTF-8.</param>
    public bool IsUser(string name, ReadOnlySpan<byte> password) => broker.State.Users.IsRequired && broker.State.Users.Check(name, password);

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
        changing.Dispose();
    }

    private async ValueTask<T> ChangeAsync<T>(Func<ValueTask<T>> change)
    {
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            CatchUp(CancellationToken.None);
            return await change().ConfigureAwait(false);
        }
        finally
        {
            changing.Release();
        }
    }
}
