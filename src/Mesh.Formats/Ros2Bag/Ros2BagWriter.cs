using System.Globalization;
using System.Text;
using Mesh.Model;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Mesh.Formats.Ros2Bag;

/// <summary>
/// Writes a ROS 2 bag as rosbag2 of ROS Iron does: a folder <c>NAME</c> with <c>NAME_0.db3</c> (schema version 4, definitions included) and
/// <c>metadata.yaml</c> (version 7). It carries <c>cdr</c> messages with <c>ros2msg</c> or <c>ros2idl</c> definitions. Publish times and sequence
/// numbers have no place in the format. SQLite writes synchronously.
/// </summary>
public sealed class Ros2BagWriter : RecordingWriter
{
    private const string CannotWrite = "MESH10470";
    private const int SchemaVersion = 4;

    // As rosbag2_storage_sqlite3's SqliteStorage::initialize has them, blank for blank: readers are known to compare.
    private static readonly string[] Schema =
    [
        "CREATE TABLE schema(schema_version INTEGER PRIMARY KEY,ros_distro TEXT NOT NULL);",
        "CREATE TABLE metadata(id INTEGER PRIMARY KEY,metadata_version INTEGER NOT NULL,metadata TEXT NOT NULL);",
        "CREATE TABLE topics(id INTEGER PRIMARY KEY,name TEXT NOT NULL,type TEXT NOT NULL,serialization_format TEXT NOT NULL,offered_qos_profiles TEXT NOT NULL,type_description_hash TEXT NOT NULL);",
        "CREATE TABLE message_definitions(id INTEGER PRIMARY KEY,topic_type TEXT NOT NULL,encoding TEXT NOT NULL,encoded_message_definition TEXT NOT NULL,type_description_hash TEXT NOT NULL);",
        "CREATE TABLE messages(id INTEGER PRIMARY KEY,topic_id INTEGER NOT NULL,timestamp INTEGER NOT NULL, data BLOB NOT NULL);",
        "CREATE INDEX timestamp_idx ON messages (timestamp ASC);",
    ];

    private readonly string folder;
    private readonly Ros2BagWriterOptions options;
    private readonly SqliteConnection connection;
    private readonly sqlite3_stmt insert;
    private readonly BagMetadataYaml metadata;
    private readonly HashSet<string> defined = [];
    private long openBytes;
    private bool isInTransaction;
    private bool isComplete;

    private Ros2BagWriter(string folder, string fileName, Ros2BagWriterOptions options)
    {
        this.folder = folder;
        this.options = options;
        metadata = new BagMetadataYaml(fileName);
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, fileName), Pooling = false }.ToString());
        connection.Open();

        // rosbag2's "optimized writing pragmas": a bag is written once, and an interrupted one is salvaged.
        Execute("PRAGMA journal_mode=MEMORY;");
        Execute("PRAGMA synchronous=OFF;");
        foreach (string statement in Schema) Execute(statement);
        Execute("INSERT INTO schema (schema_version, ros_distro) VALUES ($0, $1)", SchemaVersion, options.Distribution);
        Check(raw.sqlite3_prepare_v2(connection.Handle, "INSERT INTO messages (timestamp, topic_id, data) VALUES (?, ?, ?);", out insert));
    }

    /// <summary>Starts a bag.</summary>
    /// <param name="folder">Path of the bag; made when it is not there. The last name in it is the bag's.</param>
    /// <param name="options">How to write.</param>
    /// <exception cref="MeshException"><c>MESH10470</c>: there is a bag already, or the folder cannot be written.</exception>
    public static Ros2BagWriter Create(string folder, Ros2BagWriterOptions? options = null)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string fileName = Path.GetFileName(folder) + "_0.db3";
        try
        {
            Directory.CreateDirectory(folder);
            if (Directory.EnumerateFileSystemEntries(folder).Any()) throw new MeshException(CannotWrite, $"'{folder}' is not empty. Name another folder: a bag is not written into what is there.");
            return new Ros2BagWriter(folder, fileName, options ?? new Ros2BagWriterOptions());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SqliteException)
        {
            throw new MeshException(CannotWrite, $"Cannot write a bag to '{folder}': {exception.Message} Check the path and its permissions.", innerException: exception);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Channel metadata <c>offered_qos_profiles</c> and <c>type_description_hash</c> is kept. A topic has one type in a bag.</remarks>
    public override int AddChannel(RecordingChannel channel)
    {
        if (channel.MessageEncoding != "cdr" || channel.Schema is not { Encoding: "ros2msg" or "ros2idl" or "" } schema)
        {
            throw new RecordingFormatException("MESH10010",
                $"A ROS 2 bag carries cdr messages with ros2msg or ros2idl definitions; '{channel.Topic}' has '{channel.MessageEncoding}' with '{channel.Schema?.Encoding}'. Write MCAP, which carries anything, or leave the topic out.");
        }

        int known = metadata.IndexOf(channel.Topic);
        if (known >= 0)
        {
            if (metadata.TypeOf(known) == schema.Name) return known;
            throw new RecordingFormatException("MESH10010", $"A topic of a ROS 2 bag has one type; '{channel.Topic}' is '{metadata.TypeOf(known)}' and '{schema.Name}'. Write MCAP, or leave one out.");
        }

        Begin();
        string qos = channel.Metadata.GetValueOrDefault("offered_qos_profiles") ?? "", hash = channel.Metadata.GetValueOrDefault("type_description_hash") ?? "";
        Execute("INSERT INTO topics (name, type, serialization_format, offered_qos_profiles, type_description_hash) VALUES ($0, $1, 'cdr', $2, $3)", channel.Topic, schema.Name, qos, hash);
        if (schema.Encoding.Length > 0 && defined.Add(schema.Name))
        {
            Execute("INSERT INTO message_definitions (topic_type, encoding, encoded_message_definition, type_description_hash) VALUES ($0, $1, $2, $3)",
                schema.Name, schema.Encoding, Encoding.UTF8.GetString(schema.Data.Span), hash);
        }

        // Rows are numbered from 1 in the order they are added.
        return metadata.AddTopic(channel.Topic, schema.Name, qos, hash);
    }

    /// <inheritdoc/>
    /// <exception cref="MeshException"><c>MESH10470</c>: SQLite cannot write, or the time is after 2262, beyond the format.</exception>
    public override ValueTask WriteAsync(int channel, MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (message.LogTimeNs > long.MaxValue)
        {
            throw new MeshException(CannotWrite, $"A message of '{metadata.TopicOf(channel)}' has the time {message.LogTimeNs} ns, and a ROS 2 bag holds times up to {long.MaxValue}. Leave it out, or write MCAP.");
        }

        Begin();
        metadata.Count(channel, message.LogTimeNs);
        Check(raw.sqlite3_bind_int64(insert, 1, (long)message.LogTimeNs));
        Check(raw.sqlite3_bind_int(insert, 2, channel + 1));

        // An empty span would be bound as NULL.
        Check(payload.IsEmpty ? raw.sqlite3_bind_zeroblob(insert, 3, 0) : raw.sqlite3_bind_blob(insert, 3, payload.Span));
        int result = raw.sqlite3_step(insert);
        if (result != raw.SQLITE_DONE) Check(result);
        Check(raw.sqlite3_reset(insert));

        openBytes += payload.Length;
        if (openBytes >= options.TransactionBytes) Commit();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>They become <c>custom_data</c>; a group's name is put before its keys, unless it is <c>custom_data</c> itself.</remarks>
    public override ValueTask<bool> WriteMetadataAsync(RecordingMetadata metadata, CancellationToken cancellationToken)
    {
        foreach (var (key, value) in metadata.Values) this.metadata.CustomData[metadata.Name is "" or "custom_data" ? key : $"{metadata.Name}/{key}"] = value;
        return new(true);
    }

    /// <inheritdoc/>
    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Begin();
        Execute("INSERT INTO metadata (metadata_version, metadata) VALUES ($0, $1)", BagMetadataYaml.Version, metadata.ToYaml(""));
        Commit();
        CloseDatabase();
        isComplete = true;

        // The database was written without waiting for the disk, which is made up for here.
        using (var file = File.OpenHandle(Path.Combine(folder, metadata.FileName), FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(file);
        await File.WriteAllTextAsync(Path.Combine(folder, BagMetadata.FileName), "rosbag2_bagfile_information:\n" + metadata.ToYaml("  "), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        if (!isComplete) CloseDatabase();
        isComplete = true;
        return base.DisposeAsync();
    }

    private void CloseDatabase()
    {
        insert.Dispose();
        connection.Dispose();
    }

    private void Begin()
    {
        if (isInTransaction) return;
        Execute("BEGIN TRANSACTION;");
        isInTransaction = true;
    }

    private void Commit()
    {
        Execute("COMMIT;");
        isInTransaction = false;
        openBytes = 0;
    }

    private void Execute(string sql, params object[] values)
    {
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            for (int i = 0; i < values.Length; i++) command.Parameters.AddWithValue("$" + i.ToString(CultureInfo.InvariantCulture), values[i]);
            command.ExecuteNonQuery();
        }
        catch (SqliteException exception)
        {
            throw new MeshException(CannotWrite, $"Cannot write the bag '{folder}': {exception.Message} Check the disk.", innerException: exception);
        }
    }

    private void Check(int result)
    {
        if (result == raw.SQLITE_OK) return;
        throw new MeshException(CannotWrite, $"Cannot write the bag '{folder}': {raw.sqlite3_errmsg(connection.Handle).utf8_to_string()}. Check the disk.");
    }
}
