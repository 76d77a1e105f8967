using System.Text;
using System.Text.Json;
using Mesh.Broker.Protocol;
using Mesh.Broker.Registry;
using Mesh.Broker.Storage;
using Mesh.Model;

namespace Mesh.Broker;

/// <summary>
/// Schemas by subject and version on the broker's topic <c>_schemas</c>, in the record form of Confluent's registry, so that other
/// registries and tools can read it. The topic is the truth; what is in memory is read from it on start. <c>MapSchemaRegistry</c> gives
/// it its REST interface.
/// </summary>
public sealed class SchemaRegistry : IDisposable
{
    /// <summary>Topic that holds the schemas.</summary>
    public const string TopicName = "_schemas";

    private const string Avro = "AVRO";
    private static readonly string[] SchemaTypes = ["JSON", "PROTOBUF", Avro];

    private readonly KafkaBroker broker;
    private readonly IPartitionLog log;
    private readonly SemaphoreSlim registering = new(1, 1);
    private readonly Lock reading = new();
    private readonly SortedDictionary<string, SortedDictionary<int, SubjectVersion>> subjects = new(StringComparer.Ordinal);
    private readonly Dictionary<int, SubjectVersion> byId = [];
    private readonly Dictionary<string, int> idByContent = new(StringComparer.Ordinal);
    private int lastId;

    private SchemaRegistry(KafkaBroker broker, IPartitionLog log)
    {
        this.broker = broker;
        this.log = log;
    }

    internal static IReadOnlyList<string> Types => SchemaTypes;

    /// <summary>Opens the registry of a broker and reads what is registered.</summary>
    /// <param name="broker">Broker whose topic <see cref="TopicName"/> holds the schemas; created when absent.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="MeshException"><c>MESH7005</c>, transient: the topic cannot be created.</exception>
    public static async Task<SchemaRegistry> StartAsync(KafkaBroker broker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(broker);
        var settings = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["retention.ms"] = "-1", ["retention.bytes"] = "-1" };
        var (error, topic) = await broker.State.Topics.CreateAsync(TopicName, 1, settings).ConfigureAwait(false);
        if (topic is null) throw new MeshException("MESH7005", $"The schema registry's topic {TopicName} cannot be created ({error}). Check the disk of {broker.State.Options.DataFolder}.", isTransient: true);
        var registry = new SchemaRegistry(broker, topic.Partitions[0]);
        await registry.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        return registry;
    }

    /// <inheritdoc/>
    public void Dispose() => registering.Dispose();

    internal IReadOnlyList<string> Subjects
    {
        get
        {
            lock (reading) return [.. subjects.Keys];
        }
    }

    internal IReadOnlyList<int>? Versions(string subject)
    {
        lock (reading) return subjects.TryGetValue(subject, out var versions) ? [.. versions.Keys] : null;
    }

    /// <param name="subject">Subject.</param>
    /// <param name="version">Version; -1 for the latest.</param>
    internal SubjectVersion? Find(string subject, int version)
    {
        lock (reading)
        {
            if (!subjects.TryGetValue(subject, out var versions)) return null;
            return version < 0 ? versions[versions.Keys.Max()] : versions.GetValueOrDefault(version);
        }
    }

    internal SubjectVersion? Find(int id)
    {
        lock (reading) return byId.GetValueOrDefault(id);
    }

    internal IReadOnlyList<SubjectVersion> UsesOf(int id)
    {
        lock (reading) return [.. subjects.Values.SelectMany(versions => versions.Values).Where(version => version.Id == id)];
    }

    /// <summary>The version of a subject that has this schema.</summary>
    internal SubjectVersion? Lookup(string subject, SchemaRequest request)
    {
        string content = ContentKey(request.Schema ?? "", request.SchemaType, request.References);
        lock (reading)
        {
            return subjects.TryGetValue(subject, out var versions) ? versions.Values.LastOrDefault(version => ContentKey(version) == content) : null;
        }
    }

    /// <summary>Registers a schema; one that is registered already keeps its id, in the same subject its version too.</summary>
    internal async ValueTask<(SubjectVersion? Version, RegistryError? Error)> RegisterAsync(string subject, SchemaRequest request)
    {
        if (Validate(request) is { } invalid) return (null, invalid);
        await registering.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Lookup(subject, request) is { } existing) return (existing, null);
            SubjectVersion version;
            lock (reading)
            {
                string content = ContentKey(request.Schema!, request.SchemaType, request.References);
                version = new SubjectVersion
                {
                    Subject = subject,
                    Version = subjects.TryGetValue(subject, out var versions) ? versions.Keys.Max() + 1 : 1,
                    Id = idByContent.TryGetValue(content, out int known) ? known : lastId + 1,
                    SchemaType = request.SchemaType is null or Avro ? null : request.SchemaType,
                    References = request.References is { Count: > 0 } references ? references : null,
                    Schema = request.Schema!,
                };
            }

            var key = new SchemaKey { KeyType = SchemaKey.SchemaKeyType, Subject = subject, Version = version.Version, Magic = 1 };
            byte[] batch = RecordBatchBuilder.Single(
                JsonSerializer.SerializeToUtf8Bytes(key),
                JsonSerializer.SerializeToUtf8Bytes(version with { Deleted = false }),
                broker.State.Time.GetUtcNow().ToUnixTimeMilliseconds());
            if (batch.Length > broker.State.Options.MaxMessageBytes) return (null, RegistryError.InvalidSchema("it is larger than the broker's largest message (MaxMessageBytes)."));
            var appended = await log.AppendAsync(batch, RecordBatchHeader.Read(batch)).ConfigureAwait(false);
            if (appended.Error != ErrorCode.None) return (null, RegistryError.StoreFailed);
            Apply(version);
            return (version, null);
        }
        finally
        {
            registering.Release();
        }
    }

    private RegistryError? Validate(SchemaRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Schema)) return RegistryError.InvalidSchema("it is empty.");
        string type = request.SchemaType ?? Avro;
        if (!SchemaTypes.Contains(type)) return RegistryError.InvalidSchema($"type '{type}' is not one of {string.Join(", ", SchemaTypes)}.");
        foreach (var reference in request.References ?? [])
        {
            if (Find(reference.Subject, reference.Version) is null) return RegistryError.InvalidSchema($"no schema reference found for subject \"{reference.Subject}\" and version {reference.Version}.");
        }

        if (type == "PROTOBUF") return null;
        try
        {
            using var document = JsonDocument.Parse(request.Schema);
            return null;
        }
        catch (JsonException e)
        {
            return RegistryError.InvalidSchema($"it is not JSON: {e.Message}");
        }
    }

    private async ValueTask ReadAllAsync(CancellationToken cancellationToken)
    {
        long offset = log.StartOffset;
        long end = log.HighWatermark;
        while (offset < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] batch = new byte[await log.BatchBytesAtAsync(offset).ConfigureAwait(false)];
            if (await log.ReadAsync(offset, batch).ConfigureAwait(false) == 0) return;
            var header = RecordBatchHeader.Read(batch);
            ReadBatch(header, batch);
            offset = header.NextOffset;
        }
    }

    private void ReadBatch(in RecordBatchHeader header, byte[] batch)
    {
        if (header.Compression != 0)
        {
            BrokerLog.SchemaRecordSkipped(broker.State.Logger, TopicName, header.BaseOffset, "it is compressed");
            return;
        }

        ReadOnlySpan<byte> records = batch.AsSpan(RecordBatchHeader.Size);
        while (RecordReader.TryRead(ref records, withContent: true, out var record))
        {
            try
            {
                var key = JsonSerializer.Deserialize<SchemaKey>(record.Value.Key);
                if (key?.KeyType != SchemaKey.SchemaKeyType || record.Value.Value is not { Length: > 0 } value) continue;
                if (JsonSerializer.Deserialize<SubjectVersion>(value) is { } version) Apply(version);
            }
            catch (JsonException e)
            {
                BrokerLog.SchemaRecordSkipped(broker.State.Logger, TopicName, header.BaseOffset + record.Value.OffsetDelta, e.Message);
            }
        }
    }

    private void Apply(SubjectVersion record)
    {
        var version = record with { Deleted = null };
        lock (reading)
        {
            lastId = Math.Max(lastId, version.Id);
            byId.TryAdd(version.Id, version);
            idByContent.TryAdd(ContentKey(version), version.Id);
            if (!subjects.TryGetValue(version.Subject, out var versions)) subjects[version.Subject] = versions = [];
            if (record.Deleted != true) versions[version.Version] = version;
            else versions.Remove(version.Version);
            if (versions.Count == 0) subjects.Remove(version.Subject);
        }
    }

    private static string ContentKey(SubjectVersion version) => ContentKey(version.Schema, version.SchemaType, version.References);

    private static string ContentKey(string schema, string? type, IReadOnlyList<SchemaReference>? references)
    {
        var key = new StringBuilder(type ?? Avro).Append('\0');
        foreach (var reference in references ?? []) key.Append(reference.Name).Append('\0').Append(reference.Subject).Append('\0').Append(reference.Version).Append('\0');
        return key.Append('\0').Append(schema).ToString();
    }
}
