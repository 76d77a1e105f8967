using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Decode.Telemetry;

/// <summary>
/// Finds the schemas of telemetry messages: carried by the message, in the schema registry, or of a standard ROS 2 type. What has been found is kept, so
/// that messages of one schema share one object. One caller at a time.
/// </summary>
/// <param name="registry">The registry.</param>
public sealed class TelemetrySchemas(SchemaRegistryClient registry)
{
    private const int MaxKept = 10_000;
    private const byte WireFormatMagic = 0;

    private static readonly Dictionary<string, FileDescriptor> WellKnown = new FileDescriptor[]
    {
        AnyReflection.Descriptor, ApiReflection.Descriptor, DurationReflection.Descriptor, EmptyReflection.Descriptor, FieldMaskReflection.Descriptor,
        SourceContextReflection.Descriptor, StructReflection.Descriptor, TimestampReflection.Descriptor, TypeReflection.Descriptor, WrappersReflection.Descriptor,
    }.ToDictionary(file => file.Name);

    private readonly Dictionary<(int Id, string Message), MessageSchema> registered = [];
    private readonly Dictionary<int, List<MessageSchema>> carried = [];
    private readonly Dictionary<string, MessageSchema> standard = [];
    private int kept;

    /// <summary>The schema of a message, and where its payload begins in the value.</summary>
    /// <returns>No schema for JSON that names none.</returns>
    /// <exception cref="MeshException">
    /// <c>MESH2402</c>: no schema can be found; <c>MESH2403</c>: the one that is registered cannot be used; <c>MESH7102</c>: the registry refuses, or does not
    /// answer (transient).
    /// </exception>
    public async ValueTask<(MessageSchema? Schema, int Start)> FindAsync(TelemetryMessage message, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        int start = 0;
        int? id = message.SchemaId;
        string path = "";
        // Neither JSON nor Protobuf begins with a zero byte.
        if (message.Encoding is "protobuf" or "json" && value.Length > sizeof(int) && value.Span[0] == WireFormatMagic && message.SchemaData is null)
        {
            id ??= BinaryPrimitives.ReadInt32BigEndian(value.Span[1..]);
            start = 1 + sizeof(int);
            if (message.Encoding == "protobuf") path = ReadIndexes(value.Span, ref start);
        }

        if (message.SchemaData is { } data) return (Carried(message, data), start);
        if (id is { } number) return (await RegisteredAsync(number, path, message, cancellationToken).ConfigureAwait(false), start);
        if (message.Encoding == "json") return (null, start);
        if (message.Encoding == "cdr" && Standard(message.SchemaName) is { } known) return (known, start);
        throw new MeshException(
            "MESH2402",
            $"The {message.Encoding} message of channel {message.Channel} has no schema: {TelemetryHeaders.Schema} is '{message.SchemaName}', which is no standard type. Send the schema in {TelemetryHeaders.SchemaData}, or its id in {TelemetryHeaders.SchemaId}.");
    }

    private MessageSchema Carried(TelemetryMessage message, byte[] data)
    {
        string encoding = message.SchemaEncoding.Length > 0 ? message.SchemaEncoding : DefaultEncoding(message.Encoding);
        var hash = new HashCode();
        hash.AddBytes(data);
        int key = hash.ToHashCode();
        if (!carried.TryGetValue(key, out var list)) carried.Add(key, list = []);
        foreach (var known in list)
        {
            if (known.Name == message.SchemaName && known.Encoding == encoding && known.Data.Span.SequenceEqual(data)) return known;
        }

        var schema = new MessageSchema(message.SchemaName, encoding, data);
        MakeRoom();
        if (!carried.TryGetValue(key, out list)) carried.Add(key, list = []);
        list.Add(schema);
        return schema;
    }

    private MessageSchema? Standard(string name)
    {
        if (standard.TryGetValue(name, out var known)) return known;
        if (!StandardDefinitions.TryGet(name, out var text)) return null;
        return standard[name] = new MessageSchema(name, "ros2msg", text);
    }

    private async ValueTask<MessageSchema> RegisteredAsync(int id, string path, TelemetryMessage message, CancellationToken cancellationToken)
    {
        // Which message of a file is told by its path, else by its name.
        string which = path.Length > 0 ? path : message.SchemaName;
        if (registered.TryGetValue((id, which), out var known)) return known;
        string place = string.Create(CultureInfo.InvariantCulture, $"schemas/ids/{id}");
        var answer = await registry.SendAsync(HttpMethod.Get, place, null, cancellationToken).ConfigureAwait(false);
        string type = answer.TryGetProperty("schemaType", out var named) ? named.GetString() ?? "AVRO" : "AVRO";
        string text = answer.TryGetProperty("schema", out var body) ? body.GetString() ?? "" : "";
        var schema = (type, message.Encoding) switch
        {
            ("PROTOBUF", "protobuf") => await ProtobufAsync(id, answer, path, message.SchemaName, cancellationToken).ConfigureAwait(false),
            ("JSON", "json") => new MessageSchema(message.SchemaName.Length > 0 ? message.SchemaName : TitleOf(text), "jsonschema", Encoding.UTF8.GetBytes(text)),
            (_, "cdr" or "ros1") => new MessageSchema(
                message.SchemaName, message.SchemaEncoding.Length > 0 ? message.SchemaEncoding : DefaultEncoding(message.Encoding), Encoding.UTF8.GetBytes(text)),
            _ => throw Unusable(id, $"it is of type {type}, but the message is {message.Encoding}"),
        };
        MakeRoom();
        return registered[(id, which)] = schema;
    }

    private async ValueTask<MessageSchema> ProtobufAsync(int id, JsonElement answer, string path, string name, CancellationToken cancellationToken)
    {
        var set = new FileDescriptorSet();
        var names = new HashSet<string>();
        await AddReferencesAsync(answer, set, names, cancellationToken).ConfigureAwait(false);
        var serialised = await registry.SendAsync(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"schemas/ids/{id}?format=serialized"), null, cancellationToken).ConfigureAwait(false);
        var file = Parse(id, serialised, string.Create(CultureInfo.InvariantCulture, $"registered-{id}.proto"));
        AddWellKnown(file, set, names);
        set.File.Add(file);
        string prefix = file.Package.Length > 0 ? file.Package + "." : "";
        if (path.Length == 0 && name.Length > 0) return new MessageSchema(name, "protobuf", Google.Protobuf.MessageExtensions.ToByteArray(set));

        var types = file.MessageType;
        string full = "";
        foreach (string step in (path.Length == 0 ? "0" : path).Split('.'))
        {
            int index = int.Parse(step, CultureInfo.InvariantCulture);
            if ((uint)index >= (uint)types.Count) throw Unusable(id, $"it has no message at [{path}]");
            full = full.Length == 0 ? prefix + types[index].Name : $"{full}.{types[index].Name}";
            types = types[index].NestedType;
        }

        return new MessageSchema(full, "protobuf", Google.Protobuf.MessageExtensions.ToByteArray(set));
    }

    private async ValueTask AddReferencesAsync(JsonElement answer, FileDescriptorSet set, HashSet<string> names, CancellationToken cancellationToken)
    {
        if (!answer.TryGetProperty("references", out var references) || references.ValueKind != JsonValueKind.Array) return;
        foreach (var reference in references.EnumerateArray())
        {
            string name = reference.GetProperty("name").GetString() ?? "";
            if (!names.Add(name)) continue;
            string place = $"subjects/{Uri.EscapeDataString(reference.GetProperty("subject").GetString() ?? "")}/versions/{reference.GetProperty("version").GetInt32()}";
            var version = await registry.SendAsync(HttpMethod.Get, place, null, cancellationToken).ConfigureAwait(false);
            await AddReferencesAsync(version, set, names, cancellationToken).ConfigureAwait(false);
            var serialised = await registry.SendAsync(HttpMethod.Get, place + "?format=serialized", null, cancellationToken).ConfigureAwait(false);
            var file = Parse(0, serialised, name);
            AddWellKnown(file, set, names);
            set.File.Add(file);
        }
    }

    private static FileDescriptorProto Parse(int id, JsonElement serialised, string name)
    {
        try
        {
            var file = FileDescriptorProto.Parser.ParseFrom(Convert.FromBase64String(serialised.GetProperty("schema").GetString() ?? ""));
            file.Name = name;
            return file;
        }
        catch (Exception exception) when (exception is FormatException or Google.Protobuf.InvalidProtocolBufferException or KeyNotFoundException)
        {
            throw Unusable(id, $"the registry does not give {name} as a descriptor: {exception.Message}");
        }
    }

    private static void AddWellKnown(FileDescriptorProto file, FileDescriptorSet set, HashSet<string> names)
    {
        foreach (string import in file.Dependency)
        {
            if (WellKnown.TryGetValue(import, out var known)) Add(known, set, names);
        }
    }

    private static void Add(FileDescriptor file, FileDescriptorSet set, HashSet<string> names)
    {
        if (!names.Add(file.Name)) return;
        foreach (var dependency in file.Dependencies) Add(dependency, set, names);
        set.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
    }

    /// <summary>The path of a message in its file, which the wire format has between the schema's id and the payload: zig-zag numbers, a single 0 for the first.</summary>
    private static string ReadIndexes(ReadOnlySpan<byte> value, ref int at)
    {
        const int MaxNesting = 32;
        int count = ReadZigZag(value, ref at);
        if (count == 0) return "0";
        if (count is < 0 or > MaxNesting) throw Cut();
        var path = new int[count];
        for (int i = 0; i < count; i++) path[i] = ReadZigZag(value, ref at);
        return string.Join('.', path.Select(index => index.ToString(CultureInfo.InvariantCulture)));
    }

    private static int ReadZigZag(ReadOnlySpan<byte> value, ref int at)
    {
        uint number = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            if (at >= value.Length) throw Cut();
            byte next = value[at++];
            number |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) return (int)(number >> 1) ^ -(int)(number & 1);
        }

        throw Cut();
    }

    private static string TitleOf(string jsonSchema)
    {
        try
        {
            using var document = JsonDocument.Parse(jsonSchema);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("title", out var title) && title.ValueKind == JsonValueKind.String
                ? title.GetString()!
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private static string DefaultEncoding(string messageEncoding) => messageEncoding switch
    {
        "json" => "jsonschema",
        "cdr" => "ros2msg",
        "ros1" => "ros1msg",
        _ => messageEncoding,
    };

    // Producers that send ever new schemas must not fill the memory; to find one again costs little.
    private void MakeRoom()
    {
        if (++kept < MaxKept) return;
        kept = 0;
        registered.Clear();
        carried.Clear();
    }

    private static MeshException Cut() => new("MESH2402", "The message begins as Confluent's wire format does, but its message indexes cannot be read. Correct its producer.");

    private static MeshException Unusable(int id, string why) => new("MESH2403", $"Schema {id} of the registry cannot be used: {why}. Register the schema that the producer uses.");
}
