using System.Globalization;
using System.Text;
using Mesh.Formats.Messages;
using Mesh.Formats.Ros2Bag.Sqlite;

namespace Mesh.Formats.Ros2Bag;

/// <summary>
/// The tables of a ROS 2 bag in SQLite: topics and their definitions in memory, and where the messages are. Columns are found by name, so
/// that every generation of the schema reads alike (rosbag2: 1 Crystal to Eloquent, 2 Foxy and Galactic with <c>offered_qos_profiles</c>,
/// 3 Humble with <c>schema</c> and <c>metadata</c>, 4 Iron and later with <c>message_definitions</c>).
/// </summary>
internal sealed class Ros2BagLayout
{
    public const string NotABag = "MESH10450";

    // Message definitions of hundreds of types stay below a megabyte; QoS profiles and metadata are shorter.
    private const long MaxDefinitionBytes = 64L << 20;

    private readonly Dictionary<long, int> channelByTopic = [];
    private readonly List<(string Type, string Hash, string Encoding, string Text)> definitions = [];
    private readonly List<SqliteRow> topicRows = [];

    private Ros2BagLayout()
    {
    }

    /// <summary>The channels, one per row of <c>topics</c>.</summary>
    public List<RecordingChannel> Channels { get; } = [];

    /// <summary>Generation of the schema, 1 to 4 or what the bag says.</summary>
    public int SchemaVersion { get; private set; } = 1;

    /// <summary>ROS distribution that wrote the bag; empty when it does not say.</summary>
    public string Distribution { get; private set; } = "";

    /// <summary>Metadata the bag keeps about itself, as YAML; null when it has none.</summary>
    public string? MetadataYaml { get; private set; }

    /// <summary>Types of topics for which there is no definition: not in the bag, and not a standard one.</summary>
    public SortedSet<string> UndefinedTypes { get; } = [];

    /// <summary>Types of topics whose definition is not the bag's but the standard one.</summary>
    public SortedSet<string> BuiltInTypes { get; } = [];

    /// <summary>Root page of the messages; 0 when it was lost.</summary>
    public uint MessagesRoot { get; private set; }

    /// <summary>Root page of the index over the timestamps; 0 when there is none.</summary>
    public uint TimestampIndexRoot { get; private set; }

    /// <summary>Whether topics or definitions had to be searched for because a part of the schema is damaged.</summary>
    public bool IsSalvaged { get; private set; }

    /// <summary>Pages of all tables read so far.</summary>
    public PageSet Visited { get; } = new();

    public int TopicColumn { get; private set; } = 1;

    public int TimestampColumn { get; private set; } = 2;

    public int DataColumn { get; private set; } = 3;

    /// <summary>Column of the publish time; -1 when the bag has none.</summary>
    public int SendColumn { get; private set; } = -1;

    /// <summary>Column of the sequence number; -1 when the bag has none.</summary>
    public int SequenceColumn { get; private set; } = -1;

    /// <summary>Columns of a message.</summary>
    public int MessageColumns { get; private set; } = 4;

    /// <summary>Channel of a topic's id; -1 when there is no such topic.</summary>
    public int ChannelOf(long topicId) => channelByTopic.TryGetValue(topicId, out int channel) ? channel : -1;

    /// <exception cref="RecordingFormatException"><c>MESH10450</c>: the database is not a bag.</exception>
    public static async ValueTask<Ros2BagLayout> ReadAsync(SqlitePager pager, LossList losses, string name, CancellationToken cancellationToken)
    {
        var layout = new Ros2BagLayout();
        var schema = new SqliteBtree(pager, 1, layout.Visited, losses);
        List<SqliteTable> tables = [];
        foreach (var row in await SqliteRows.ReadAsync(pager, schema, layout.Visited, losses, MaxDefinitionBytes, wholeTable: true, cancellationToken).ConfigureAwait(false))
        {
            if (row.Text(0) is { } type && row.Text(1) is { } table && row.Integer(3) is >= 2 and <= uint.MaxValue and { } root) tables.Add(new SqliteTable(type, table, (uint)root, row.Text(4) ?? ""));
        }

        var messages = Find(tables, "table", "messages");
        var topics = Find(tables, "table", "topics");
        if (tables.Count > 0 && !schema.IsDamaged && losses.Entries.Count == 0 && (messages is null || topics is null)) throw NotBag(name, tables);

        bool areTopicsSound = topics is not null && await layout.ReadTopicsAsync(pager, topics, losses, cancellationToken).ConfigureAwait(false);
        if (Find(tables, "table", "message_definitions") is { } texts) await layout.ReadDefinitionsAsync(pager, texts, losses, cancellationToken).ConfigureAwait(false);
        if (Find(tables, "table", "schema") is { } version) await layout.ReadVersionAsync(pager, version, losses, cancellationToken).ConfigureAwait(false);
        else if (topics is not null && topics.IndexOf("offered_qos_profiles") >= 0) layout.SchemaVersion = 2;
        if (Find(tables, "table", "metadata") is { } metadata) await layout.ReadMetadataAsync(pager, metadata, losses, cancellationToken).ConfigureAwait(false);
        if (messages is not null) layout.TakeMessages(messages, losses);
        layout.TimestampIndexRoot = Find(tables, "index", "timestamp_idx")?.Root ?? 0;

        if (!areTopicsSound || messages is null)
        {
            int found = await layout.SearchAsync(pager, topics, cancellationToken).ConfigureAwait(false);
            if (found == 0 && layout.topicRows.Count == 0 && messages is null) throw NotBag(name, tables);
            losses.Add(SqliteBtree.PageDamaged, 0, 0, "the tables of a ROS 2 bag", string.Create(CultureInfo.InvariantCulture, $"a damaged schema; {found} topics were found by searching all pages"));
        }

        layout.MakeChannels(topics);
        return layout;
    }

    private static SqliteTable? Find(List<SqliteTable> tables, string type, string name) =>
        tables.Find(table => table.Type == type && table.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static RecordingFormatException NotBag(string name, List<SqliteTable> tables)
    {
        string found = tables.Count == 0 ? "no readable tables" : "the tables " + string.Join(", ", tables.Where(table => table.Type == "table").Select(table => table.Name).Take(10));
        return new RecordingFormatException(NotABag, $"'{name}' is an SQLite database but not a ROS 2 bag: it should have the tables topics and messages, and has {found}. Check that it is the right file.");
    }

    private void TakeMessages(SqliteTable messages, LossList losses)
    {
        MessagesRoot = messages.Root;
        int topic = messages.IndexOf("topic_id"), payload = messages.IndexOf("data"), received = messages.IndexOf("recv_timestamp");
        int time = received >= 0 ? received : messages.IndexOf("timestamp");
        if (topic < 0 || payload < 0 || time < 0)
        {
            // Every generation so far has the same four columns in the same order.
            losses.Add(SqliteRows.Malformed, 0, 0, "a table messages with topic_id, timestamp and data", "columns " + string.Join(", ", messages.Columns.Take(10)));
            return;
        }

        (TopicColumn, TimestampColumn, DataColumn, MessageColumns) = (topic, time, payload, messages.Columns.Count);
        SendColumn = messages.IndexOf("send_timestamp");
        SequenceColumn = messages.IndexOf("sequence_number");
    }

    private async ValueTask<bool> ReadTopicsAsync(SqlitePager pager, SqliteTable table, LossList losses, CancellationToken cancellationToken)
    {
        var btree = new SqliteBtree(pager, table.Root, Visited, losses);
        topicRows.AddRange(await SqliteRows.ReadAsync(pager, btree, Visited, losses, MaxDefinitionBytes, wholeTable: true, cancellationToken).ConfigureAwait(false));
        return !btree.IsDamaged;
    }

    private async ValueTask ReadDefinitionsAsync(SqlitePager pager, SqliteTable table, LossList losses, CancellationToken cancellationToken)
    {
        SchemaVersion = 4;
        int type = table.IndexOf("topic_type"), encoding = table.IndexOf("encoding"), text = table.IndexOf("encoded_message_definition"), hash = table.IndexOf("type_description_hash");
        var btree = new SqliteBtree(pager, table.Root, Visited, losses);
        foreach (var row in await SqliteRows.ReadAsync(pager, btree, Visited, losses, MaxDefinitionBytes, wholeTable: true, cancellationToken).ConfigureAwait(false))
        {
            if (row.Text(type) is { } name) definitions.Add((name, row.Text(hash) ?? "", row.Text(encoding) ?? "", row.Text(text) ?? ""));
        }
    }

    private async ValueTask ReadVersionAsync(SqlitePager pager, SqliteTable table, LossList losses, CancellationToken cancellationToken)
    {
        SchemaVersion = Math.Max(SchemaVersion, 3);
        var btree = new SqliteBtree(pager, table.Root, Visited, losses);
        foreach (var row in await SqliteRows.ReadAsync(pager, btree, Visited, losses, MaxDefinitionBytes, wholeTable: true, cancellationToken).ConfigureAwait(false))
        {
            int version = table.IndexOf("schema_version");
            SchemaVersion = (int)Math.Clamp(row.Integer(version) ?? row.RowId, 1, 1000);
            Distribution = row.Text(table.IndexOf("ros_distro")) ?? "";
        }
    }

    private async ValueTask ReadMetadataAsync(SqlitePager pager, SqliteTable table, LossList losses, CancellationToken cancellationToken)
    {
        // The recorder adds a row when it opens the file and one when it closes it: the last one holds.
        var btree = new SqliteBtree(pager, table.Root, Visited, losses);
        foreach (var row in await SqliteRows.ReadAsync(pager, btree, Visited, losses, MaxDefinitionBytes, wholeTable: true, cancellationToken).ConfigureAwait(false))
        {
            MetadataYaml = row.Text(table.IndexOf("metadata")) ?? MetadataYaml;
        }
    }

    /// <summary>Searches the pages that no table has led to for rows shaped like topics and definitions.</summary>
    private async ValueTask<int> SearchAsync(SqlitePager pager, SqliteTable? topics, CancellationToken cancellationToken)
    {
        IsSalvaged = true;
        var known = topicRows.Select(row => row.RowId).ToHashSet();
        int before = topicRows.Count;
        var btree = new SqliteBtree(pager, 0, Visited, new LossList(1));
        for (uint page = 2; page <= pager.PageCount; page++)
        {
            if (Visited.Contains(page) || !await btree.GoToLeafAsync(page, cancellationToken).ConfigureAwait(false) || !LooksLikeDefinitions(btree, pager.Header.UsableSize)) continue;
            foreach (var row in await SqliteRows.ReadAsync(pager, btree, Visited, null, MaxDefinitionBytes, wholeTable: false, cancellationToken).ConfigureAwait(false))
            {
                if (row.Count < 3 || !row.IsNull(0) || row.Text(1) is not { } first || row.Text(2) is not { } second) continue;
                if (row.Count == 5 && second is "ros2msg" or "ros2idl" or "unknown")
                {
                    SchemaVersion = 4;
                    if (!definitions.Exists(known => known.Type == first)) definitions.Add((first, row.Text(4) ?? "", second, row.Text(3) ?? ""));
                }
                else if (row.Count <= 6 && first.Length > 0 && second.Contains('/', StringComparison.Ordinal) && known.Add(row.RowId))
                {
                    topicRows.Add(row);
                    Visited.Add(page);
                }
            }
        }

        return topicRows.Count - before;
    }

    // Messages have integers where topics and definitions have texts; their payloads need not be read to tell.
    private static bool LooksLikeDefinitions(SqliteBtree btree, int usable)
    {
        Span<SqliteColumn> columns = stackalloc SqliteColumn[8];
        for (int i = 0; i < btree.Cells; i++)
        {
            if (!SqliteCell.TryRead(btree.Leaf.Span, btree.HeaderAt, i, usable, out var cell)) continue;
            if (!SqliteRecord.TryList(btree.Leaf.Span.Slice(cell.LocalOffset, cell.LocalBytes), cell.PayloadBytes, columns, out int count) || count < 3) continue;
            return columns[0].Type == SqliteRecord.Null && columns[1].Type >= 13 && columns[2].Type >= 13;
        }

        return false;
    }

    private void MakeChannels(SqliteTable? table)
    {
        bool isNamed = table is { Columns.Count: > 0 };
        int id = isNamed ? table!.IndexOf("id") : 0, name = isNamed ? table!.IndexOf("name") : 1, type = isNamed ? table!.IndexOf("type") : 2;
        int format = isNamed ? table!.IndexOf("serialization_format") : 3, qos = isNamed ? table!.IndexOf("offered_qos_profiles") : 4, hash = isNamed ? table!.IndexOf("type_description_hash") : 5;
        foreach (var row in topicRows)
        {
            // An INTEGER PRIMARY KEY is the rowid, and the record has NULL in its place.
            long topicId = row.Integer(id) ?? row.RowId;
            if (row.Text(name) is not { } topic || !channelByTopic.TryAdd(topicId, Channels.Count)) continue;
            string typeName = row.Text(type) ?? "", typeHash = row.Text(hash) ?? "";
            var metadata = new Dictionary<string, string>();
            if (row.Text(qos) is { Length: > 0 } profiles) metadata["offered_qos_profiles"] = profiles;
            if (typeHash.Length > 0) metadata["type_description_hash"] = typeHash;

            // Before Crystal's release the column was missing: rosbag2 wrote CDR only.
            string encoding = row.Text(format) ?? "cdr";
            Channels.Add(new RecordingChannel(Channels.Count, topic, encoding, SchemaOf(typeName, typeHash), metadata));
        }
    }

    private MessageSchema SchemaOf(string type, string hash)
    {
        int found = definitions.FindIndex(definition => definition.Type == type && hash.Length > 0 && definition.Hash == hash);
        if (found < 0) found = definitions.FindIndex(definition => definition.Type == type);

        // A definition without text says that the recorder had none, unless the type has no fields.
        bool isEmptyType = type.EndsWith("/Empty", StringComparison.Ordinal);
        if (found >= 0 && definitions[found] is var defined && (defined.Text.Length > 0 || (isEmptyType && defined.Encoding is "ros2msg" or "ros2idl"))) return new MessageSchema(type, defined.Encoding, Encoding.UTF8.GetBytes(defined.Text));
        if (StandardDefinitions.TryGet(type, out var standard))
        {
            BuiltInTypes.Add(type);
            return new MessageSchema(type, "ros2msg", standard);
        }

        UndefinedTypes.Add(type);
        return new MessageSchema(type, "", ReadOnlyMemory<byte>.Empty);
    }
}
