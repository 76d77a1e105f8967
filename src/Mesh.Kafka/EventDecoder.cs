using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Mesh.Kafka.Events;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka;

/// <summary>
/// Makes records readable: events of Mesh as JSON, other values as JSON or text where they are that, else as hexadecimal digits. Which
/// event a record holds is told by its CloudEvents type, else by its schema's text in the registry.
/// </summary>
public sealed class EventDecoder : IDisposable
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private static readonly (EventSchema Schema, MessageDescriptor Message, string Text)[] Events =
    [
        .. new[] { UploadReflection.Descriptor, LakeReflection.Descriptor, JobsReflection.Descriptor, DeadLetterReflection.Descriptor }
            .SelectMany(file => file.MessageTypes)
            .Select(message => (EventSchema.Of(message), message, EventSchema.Of(message).ReadText())),
    ];

    private readonly ConcurrentDictionary<int, string?> schemas = new();
    private readonly SchemaRegistryClient registry;

    /// <param name="options">Where the registry is.</param>
    public EventDecoder(KafkaOptions options) => registry = new SchemaRegistryClient(options, NullLogger.Instance);

    /// <summary>A record's value. A registry that does not answer only makes it less readable.</summary>
    public async ValueTask<RecordText> DecodeAsync(LogRecord record, CancellationToken cancellationToken)
    {
        if (record.Value is not { } value) return new RecordText(RecordForm.Null, "");
        if (await FindEventAsync(record, value, cancellationToken).ConfigureAwait(false) is { } found && TryFormat(value, found.Schema, found.Message) is { } json)
        {
            return new RecordText(RecordForm.Event, json, found.Message.FullName);
        }

        if (TextOf(value) is not { } text) return new RecordText(RecordForm.Hex, Convert.ToHexStringLower(value));
        return new RecordText(IsJson(text) ? RecordForm.Json : RecordForm.Text, text);
    }

    /// <summary>Bytes as text; null when they are none that a terminal should show.</summary>
    public static string? TextOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            string text = StrictUtf8.GetString(bytes);
            return text.Any(character => char.IsControl(character) && character is not ('\t' or '\n' or '\r')) ? null : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => registry.Dispose();

    private async ValueTask<(EventSchema Schema, MessageDescriptor Message)?> FindEventAsync(LogRecord record, byte[] value, CancellationToken cancellationToken)
    {
        foreach (var (schema, message, _) in Events)
        {
            if (message.FullName == record.CloudEvent?.Type) return (schema, message);
        }

        if (value.Length < 1 + sizeof(int) || value[0] != 0) return null;
        string? text = await SchemaAsync(BinaryPrimitives.ReadInt32BigEndian(value.AsSpan(1)), cancellationToken).ConfigureAwait(false);
        foreach (var (schema, message, own) in Events)
        {
            if (text is not null && Bare(own) == Bare(text) && WireFormat.Locate(value, schema, out _) is null) return (schema, message);
        }

        return null;
    }

    private async ValueTask<string?> SchemaAsync(int id, CancellationToken cancellationToken)
    {
        if (schemas.TryGetValue(id, out string? known)) return known;
        string? text = null;
        try
        {
            var answer = await registry.SendAsync(HttpMethod.Get, $"schemas/ids/{id}", null, cancellationToken).ConfigureAwait(false);
            if (answer.TryGetProperty("schema", out var schema)) text = schema.GetString();
        }
        catch (Exception exception) when (exception is MeshException or InvalidOperationException)
        {
            // Without the schema the value is shown as bytes.
        }

        schemas[id] = text;
        return text;
    }

    private static string? TryFormat(byte[] value, EventSchema schema, MessageDescriptor message)
    {
        if (WireFormat.Locate(value, schema, out int start) is not null) return null;
        try
        {
            return Formatter.Format(message.Parser.ParseFrom(value, start, value.Length - start));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>A schema's text without comments and blanks: the registry keeps the text that came first.</summary>
    private static string Bare(string text) => Regex.Replace(text, @"//[^\n]*|\s+", "", RegexOptions.NonBacktracking);

    private static bool IsJson(string text)
    {
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..]) return false;
        try
        {
            using var json = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
