using Microsoft.Data.Sqlite;

namespace Mesh.Formats.Tests.Ros2Bag;

/// <summary>Bags written with SQLite itself, and what SQLite reads from bags.</summary>
internal static class SqliteBags
{
    internal sealed record Row(long Id, string Topic, long Timestamp, byte[] Data);

    internal sealed record Layout
    {
        public int PageSize { get; init; } = 4096;

        public string Encoding { get; init; } = "UTF-8";

        public string JournalMode { get; init; } = "MEMORY";

        public int AutoVacuum { get; init; }

        public string MessageColumns { get; init; } = "id INTEGER PRIMARY KEY,topic_id INTEGER NOT NULL,timestamp INTEGER NOT NULL, data BLOB NOT NULL";
    }

    public static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    public static void Execute(SqliteConnection connection, string sql, params object[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < values.Length; i++) command.Parameters.AddWithValue("$" + i, values[i]);
        command.ExecuteNonQuery();
    }

    /// <summary>Creates an empty bag with topics /a, /b/ü and /c.</summary>
    public static SqliteConnection Create(string path, Layout layout)
    {
        var connection = Open(path);
        Execute(connection, $"PRAGMA encoding='{layout.Encoding}'");
        Execute(connection, $"PRAGMA page_size={layout.PageSize}");
        Execute(connection, $"PRAGMA auto_vacuum={layout.AutoVacuum}");
        Execute(connection, $"PRAGMA journal_mode={layout.JournalMode}");
        Execute(connection, "PRAGMA wal_autocheckpoint=0");
        Execute(connection, "PRAGMA synchronous=OFF");
        Execute(connection, "CREATE TABLE topics(id INTEGER PRIMARY KEY,name TEXT NOT NULL,type TEXT NOT NULL,serialization_format TEXT NOT NULL,offered_qos_profiles TEXT NOT NULL)");
        Execute(connection, $"CREATE TABLE messages({layout.MessageColumns})");
        Execute(connection, "CREATE INDEX timestamp_idx ON messages (timestamp ASC)");
        foreach (string topic in (string[])["/a", "/b/ü", "/c"])
        {
            Execute(connection, "INSERT INTO topics (name, type, serialization_format, offered_qos_profiles) VALUES ($0, 'demo/msg/Thing', 'cdr', $1)", topic, new string('q', 700));
        }

        return connection;
    }

    /// <summary>Adds messages of sizes from nothing to <paramref name="maxBytes"/> in one transaction.</summary>
    public static void Fill(SqliteConnection connection, Random random, int count, int maxBytes, long firstTime = 1_700_000_000_000_000_000)
    {
        using var transaction = connection.BeginTransaction();
        Insert(connection, random, count, maxBytes, firstTime);
        transaction.Commit();
    }

    public static void Insert(SqliteConnection connection, Random random, int count, int maxBytes, long firstTime)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO messages (timestamp, topic_id, data) VALUES ($0, $1, $2)";
        for (int i = 0; i < 3; i++) command.Parameters.Add("$" + i, i < 2 ? SqliteType.Integer : SqliteType.Blob);
        for (int i = 0; i < count; i++)
        {
            byte[] data = new byte[random.Next(4) == 0 ? random.Next(maxBytes + 1) : random.Next(Math.Min(maxBytes, 120) + 1)];
            random.NextBytes(data);
            if (data.Length > 0) data[0] = 0;
            command.Parameters[0].Value = firstTime + (i * 1000L) + random.Next(5000);
            command.Parameters[1].Value = 1 + random.Next(3);
            command.Parameters[2].Value = data;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>What SQLite reads from a copy of the file, and of its log.</summary>
    public static List<Row> Read(string path)
    {
        string copy = Path.Combine(Path.GetDirectoryName(path)!, $"oracle-{Guid.NewGuid():N}.db3");
        File.Copy(path, copy);
        if (File.Exists(path + "-wal")) File.Copy(path + "-wal", copy + "-wal");
        using var connection = Open(copy);
        return Read(connection);
    }

    public static List<Row> Read(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT messages.id, topics.name, timestamp, data FROM messages JOIN topics ON topics.id = topic_id ORDER BY messages.id";
        using var reader = command.ExecuteReader();
        List<Row> rows = [];
        while (reader.Read()) rows.Add(new Row(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), (byte[])reader.GetValue(3)));
        return rows;
    }

    public static string Describe(string topic, ulong time, byte[] data) => $"{topic} {time} {data.Length} {Crc32.Compute(data)}";

    public static IEnumerable<string> Describe(IEnumerable<Row> rows) => rows.Select(row => Describe(row.Topic, (ulong)row.Timestamp, row.Data));

    public static IEnumerable<string> Describe(BagReading.ReadRecording read) => read.Messages.Select(message => Describe(message.Channel.Topic, message.LogTimeNs, message.Payload));
}
