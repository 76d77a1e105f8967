using System.Globalization;
using System.Text;
using Mesh.Broker.Apis;
using Mesh.Broker.Protocol;

namespace Mesh.Fuzz.Targets;

/// <summary>
/// The body of every request in every version, from Kafka's message definitions: b, h, i, l are integers of 8, 16, 32 and 64 bits, o a
/// boolean, u a UUID, s and n strings (not null, nullable), y bytes, r records, [...] an array of structures, &lt;x&gt; one of primitives,
/// a '?' before either that it may be null; <c>3+:</c> or <c>2-4:</c> says in which versions.
/// </summary>
internal static class KafkaGrammar
{
    private static readonly Dictionary<ApiKey, string> Bodies = new()
    {
        [ApiKey.Produce] = "3+:n h i [s [i r]]",
        [ApiKey.Fetch] = "i i i 3+:i 4+:b 7+:i 7+:i [s [i 9+:i l 12+:i 5+:l i]] 7+:[s <i>] 11+:s",
        [ApiKey.ListOffsets] = "i 2+:b [s [i 4+:i l 0-0:i]]",
        [ApiKey.Metadata] = "?[10+:u 0-9:s 10+:n] 4+:o 8-10:o 8+:o",
        [ApiKey.OffsetCommit] = "s 1+:i 1+:s 7+:n 2-4:l [s [i l 6+:i 1-1:l n]]",
        [ApiKey.OffsetFetch] = "0-7:s 0-7:?[s <i>] 8+:[s 9+:n 9+:i ?[s <i>]] 7+:o",
        [ApiKey.FindCoordinator] = "0-3:s 1+:b 4+:<s>",
        [ApiKey.JoinGroup] = "s i 1+:i s 5+:n s [s y]",
        [ApiKey.Heartbeat] = "s i s 3+:n",
        [ApiKey.LeaveGroup] = "s 0-2:s 3+:[s n]",
        [ApiKey.SyncGroup] = "s i s 3+:n 5+:n 5+:n [s y]",
        [ApiKey.DescribeGroups] = "<s> 3+:o",
        [ApiKey.ListGroups] = "4+:<s>",
        [ApiKey.SaslHandshake] = "s",
        [ApiKey.ApiVersions] = "3+:s 3+:s",
        [ApiKey.CreateTopics] = "[s i h [i <i>] [s n]] i 1+:o",
        [ApiKey.DeleteTopics] = "0-5:<s> 6+:[n u] i",
        [ApiKey.DeleteRecords] = "[s [i l]] i",
        [ApiKey.InitProducerId] = "n i 3+:l 3+:h",
        [ApiKey.OffsetForLeaderEpoch] = "3+:i [s [i 2+:i i]]",
        [ApiKey.AddPartitionsToTxn] = "s l h [s <i>]",
        [ApiKey.AddOffsetsToTxn] = "s l h s",
        [ApiKey.EndTxn] = "s l h o",
        [ApiKey.TxnOffsetCommit] = "s s l h 3+:i 3+:s 3+:n [s [i l 2+:i n]]",
        [ApiKey.DescribeAcls] = "b n 1+:b n n b b",
        [ApiKey.CreateAcls] = "[b s 1+:b s s b b]",
        [ApiKey.DeleteAcls] = "[b n 1+:b n n b b]",
        [ApiKey.DescribeConfigs] = "[b s ?<s>] 1+:o 3+:o",
        [ApiKey.AlterConfigs] = "[b s [s n]] o",
        [ApiKey.SaslAuthenticate] = "y",
        [ApiKey.CreatePartitions] = "[s i ?[<i>]] i o",
        [ApiKey.DeleteGroups] = "<s>",
        [ApiKey.IncrementalAlterConfigs] = "[b s [s b n]] o",
        [ApiKey.OffsetDelete] = "s [s [i]]",
        [ApiKey.DescribeCluster] = "o",
    };

    private static readonly string[] Texts =
    [
        "t", "t", "t", "g", "g", "x", "made", "", "*", "member", "consumer", "range", "retention.ms", "cleanup.policy", "compact", "1000", "-1", "kafka-cluster",
        "User:alice", "User:*", "10.0.0.1", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "..", "a/b",
    ];

    private static readonly string[] Tokens = ["\0alice\0secret", "\0alice\0wrong", "n,,n=alice,r=abc", "n,a=alice,n=bob,r=x", "c=biws,r=abc,p=AAAA", ""];

    /// <summary>A request without its length: header and body.</summary>
    /// <exception cref="FuzzException">The broker answers a request that has no body here.</exception>
    public static byte[] Make(Api api, short version, Random random)
    {
        if (!Bodies.TryGetValue(api.Key, out string? body)) throw new FuzzException($"no grammar: {api.Key}");
        using var writer = new ProtocolWriter();
        writer.Int16((short)api.Key);
        writer.Int16(version);
        writer.Int32(7);
        writer.NullableString("fuzz");
        writer.Flexible = version >= api.FlexibleFrom;
        writer.Tags();
        int at = 0;
        Fields(body, ref at, version, writer, random, isWritten: true);
        writer.Tags();
        return writer.Written.ToArray();
    }

    private static void Fields(string body, ref int at, short version, ProtocolWriter writer, Random random, bool isWritten)
    {
        while (at < body.Length && body[at] is not (']' or '>'))
        {
            if (body[at] == ' ')
            {
                at++;
                continue;
            }

            Field(body, ref at, version, writer, random, isWritten & IsIn(body, ref at, version));
        }
    }

    private static bool IsIn(string body, ref int at, short version)
    {
        if (!char.IsDigit(body[at])) return true;
        int colon = body.IndexOf(':', at);
        string range = body[at..colon];
        at = colon + 1;
        int from = int.Parse(range.Split('-', '+')[0], CultureInfo.InvariantCulture);
        int to = range.EndsWith('+') ? int.MaxValue : int.Parse(range.Split('-')[1], CultureInfo.InvariantCulture);
        return version >= from && version <= to;
    }

    private static void Field(string body, ref int at, short version, ProtocolWriter writer, Random random, bool isWritten)
    {
        bool mayBeNull = body[at] == '?';
        if (mayBeNull) at++;
        char kind = body[at++];
        if (kind is '[' or '<')
        {
            Array(body, ref at, version, writer, random, isWritten, hasTags: kind == '[', isNull: mayBeNull && random.Next(4) == 0);
            return;
        }

        if (!isWritten) return;
        switch (kind)
        {
            case 'b': writer.Int8((sbyte)random.Next(-1, 9)); break;
            case 'h': writer.Int16((short)random.Next(-1, 3)); break;
            case 'i': writer.Int32(random.Next(6) switch { 0 => -1, 1 => 10_000, 2 => 1, 3 => random.Next(), _ => 0 }); break;
            case 'l': writer.Int64(random.Next(6) switch { 0 => -1, 1 => -2, 2 => 1, 3 => random.NextInt64(), _ => 0 }); break;
            case 'o': writer.Boolean(random.Next(2) == 0); break;
            case 'u': writer.Uuid(Guid.Empty); break;
            case 's': writer.String(Texts[random.Next(Texts.Length)]); break;
            case 'n': writer.NullableString(random.Next(3) == 0 ? null : Texts[random.Next(Texts.Length)]); break;
            case 'y': writer.Bytes(Encoding.ASCII.GetBytes(Tokens[random.Next(Tokens.Length)])); break;
            case 'r': writer.Bytes(RecordBatchBuilder.Single("k"u8, Encoding.ASCII.GetBytes($"value {random.Next()}"), 1_000)); break;
            default: throw new FuzzException($"grammar: '{kind}'");
        }
    }

    private static void Array(string body, ref int at, short version, ProtocolWriter writer, Random random, bool isWritten, bool hasTags, bool isNull)
    {
        int count = random.Next(3);
        if (isWritten && isNull) writer.NullArray();
        else if (isWritten) writer.ArrayLength(count);
        int start = at;

        // Once more than written, to come past the element.
        bool elements = isWritten && !isNull;
        for (int i = 0; i < (elements ? count : 0); i++)
        {
            at = start;
            Fields(body, ref at, version, writer, random, isWritten: true);
            if (hasTags) writer.Tags();
        }

        at = start;
        Fields(body, ref at, version, writer, random, isWritten: false);
        at++;
    }
}
