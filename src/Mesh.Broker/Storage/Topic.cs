namespace Mesh.Broker.Storage;

/// <summary>A topic with its partitions' logs.</summary>
/// <param name="Name">Name.</param>
/// <param name="Id">Identity that a later topic of the same name does not have.</param>
/// <param name="Created">When it was created.</param>
/// <param name="Settings">Topic settings as given at creation.</param>
/// <param name="Partitions">Logs by partition number.</param>
internal sealed record Topic(string Name, Guid Id, DateTimeOffset Created, IReadOnlyDictionary<string, string> Settings, IReadOnlyList<IPartitionLog> Partitions)
{
    private const int MaxNameLength = 249;

    /// <summary>Topics of the broker's own use, which clients hide by default.</summary>
    public bool IsInternal => Name == "__consumer_offsets";

    public IPartitionLog? Partition(int index) => (uint)index < (uint)Partitions.Count ? Partitions[index] : null;

    /// <summary>Kafka's rule; it also keeps a name from leaving the data folder.</summary>
    public static bool IsValidName(string? name) =>
        name is { Length: > 0 and <= MaxNameLength } and not "." and not ".."
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
