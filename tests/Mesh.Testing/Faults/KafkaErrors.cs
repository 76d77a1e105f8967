using System.Buffers.Binary;

namespace Mesh.Testing.Faults;

/// <summary>Where answers of Kafka's protocol have their error code (Kafka's message definitions, <c>clients/src/main/resources/common/message</c>).</summary>
internal static class KafkaErrors
{
    /// <summary>Writes an error into an answer that has its correlation id before <paramref name="answer"/>.</summary>
    /// <returns>False when this version of the answer is not known.</returns>
    public static bool TryWrite(Span<byte> answer, KafkaApi api, short version, short error)
    {
        bool isFlexible = version >= FirstFlexible(api);

        // Flexible answers have tagged fields after the correlation id; brokers send none.
        var body = isFlexible ? answer[1..] : answer;
        int place = PlaceOf(body, api, version, isFlexible);
        if (place < 0 || place + 2 > body.Length) return false;
        BinaryPrimitives.WriteInt16BigEndian(body[place..], error);
        return true;
    }

    private static short FirstFlexible(KafkaApi api) => api switch
    {
        KafkaApi.Produce => 9,
        KafkaApi.OffsetCommit => 8,
        KafkaApi.FindCoordinator => 3,
        KafkaApi.JoinGroup => 6,
        KafkaApi.Heartbeat or KafkaApi.SyncGroup => 4,
        KafkaApi.InitProducerId => 2,
        _ => short.MaxValue,
    };

    private static int PlaceOf(ReadOnlySpan<byte> body, KafkaApi api, short version, bool isFlexible) => api switch
    {
        // A throttle time, where there is one, and then the error.
        KafkaApi.Heartbeat or KafkaApi.SyncGroup => version >= 1 ? 4 : 0,
        KafkaApi.JoinGroup => version >= 2 ? 4 : 0,
        KafkaApi.FindCoordinator when version <= 3 => version >= 1 ? 4 : 0,
        KafkaApi.InitProducerId => 4,
        KafkaApi.Produce when version <= 12 => FirstPartition(body, isFlexible),
        KafkaApi.OffsetCommit when version <= 9 => version >= 3 ? 4 + FirstPartition(body[4..], isFlexible) : FirstPartition(body, isFlexible),
        _ => -1,
    };

    /// <summary>Topics, the first with its name and partitions, the first of these with its number: behind that is the error.</summary>
    private static int FirstPartition(ReadOnlySpan<byte> body, bool isFlexible)
    {
        int place;
        if (!isFlexible)
        {
            place = 4;
            place += 2 + BinaryPrimitives.ReadInt16BigEndian(body[place..]);
            return place + 4 + 4;
        }

        place = 0;
        Varint(body, ref place);
        int name = (int)Varint(body, ref place) - 1;
        place += name;
        Varint(body, ref place);
        return place + 4;
    }

    private static uint Varint(ReadOnlySpan<byte> body, ref int place)
    {
        uint value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = body[place++];
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
    }
}
