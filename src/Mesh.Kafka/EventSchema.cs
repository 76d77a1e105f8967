using Google.Protobuf.Reflection;
using Mesh.Kafka.Events;
using Mesh.Model;

namespace Mesh.Kafka;

/// <summary>An event type as the schema registry and the wire format see it.</summary>
/// <param name="FullName">Full Protobuf name.</param>
/// <param name="FileName">Its <c>.proto</c> file.</param>
/// <param name="MessageIndex">Path of the message in the file, as the wire format writes it.</param>
internal sealed record EventSchema(string FullName, string FileName, byte[] MessageIndex)
{
    private static readonly Dictionary<string, EventSchema> ByName =
        new[] { UploadReflection.Descriptor, LakeReflection.Descriptor, JobsReflection.Descriptor, CompressionReflection.Descriptor, DeadLetterReflection.Descriptor }
            .SelectMany(file => file.MessageTypes)
            .ToDictionary(message => message.FullName, Create);

    /// <summary>The schema of a generated class.</summary>
    public static EventSchema Of(MessageDescriptor message) =>
        ByName.TryGetValue(message.FullName, out var schema) ? schema : Create(message);

    /// <summary>The schema of an event named in an outbox.</summary>
    /// <exception cref="MeshException"><c>MESH7104</c> when no event has that name.</exception>
    public static EventSchema Find(string fullName) => ByName.TryGetValue(fullName, out var schema)
        ? schema
        : throw new MeshException("MESH7104", $"'{fullName}' is not an event of schemas/events; known are {string.Join(", ", ByName.Keys.Order())}.");

    /// <summary>Text of the <c>.proto</c> file, as it is registered.</summary>
    public string ReadText()
    {
        using var stream = typeof(EventSchema).Assembly.GetManifestResourceStream(FileName)
            ?? throw new InvalidOperationException($"{FileName} is not embedded in {typeof(EventSchema).Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static EventSchema Create(MessageDescriptor message) =>
        new(message.FullName, message.File.Name, WireFormat.EncodeIndex(PathOf(message)));

    private static List<int> PathOf(MessageDescriptor message)
    {
        List<int> path = [];
        for (var current = message; current is not null; current = current.ContainingType) path.Insert(0, current.Index);
        return path;
    }
}
