using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Mesh.Formats.Messages;

/// <summary>Schemas of generated protobuf classes, as recordings carry them.</summary>
public static class ProtobufSchemas
{
    /// <summary>
    /// The schema of a message: a FileDescriptorSet with its file and all files it imports, dependencies first (MCAP, "Well-known schema
    /// encodings", <c>protobuf</c>).
    /// </summary>
    public static MessageSchema Of(MessageDescriptor message)
    {
        var set = new FileDescriptorSet();
        Add(message.File, set, []);
        return new MessageSchema(message.FullName, "protobuf", set.ToByteArray());
    }

    private static void Add(FileDescriptor file, FileDescriptorSet set, HashSet<string> added)
    {
        if (!added.Add(file.Name)) return;
        foreach (var dependency in file.Dependencies) Add(dependency, set, added);
        set.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
    }
}
