using System.Buffers.Binary;
using System.Text;
using Confluent.Kafka;
using Mesh.Model;

namespace Mesh.Kafka;

/// <summary>Who is in a group.</summary>
public sealed partial class TopicAdmin
{
    /// <summary>A group's state and members; a group that nobody knows is <c>Dead</c> and has none.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<(string State, IReadOnlyList<GroupMember> Members)> ListMembersAsync(string group, CancellationToken cancellationToken)
    {
        // Not DescribeConsumerGroups, for the reason that ListGroupsAsync has.
        var found = await OnThreadAsync($"describe group {group}", () => admin.ListGroup(group, RequestTimeout), cancellationToken).ConfigureAwait(false);
        if (found is null) return ("Dead", []);
        return (found.State, [.. found.Members.Select(member => new GroupMember(member.MemberId, member.ClientId, member.ClientHost.TrimStart('/'), PlacesOf(member.MemberAssignment))).OrderBy(member => member.Id, StringComparer.Ordinal)]);
    }

    /// <summary>
    /// Reads what a member was assigned (Kafka protocol, ConsumerProtocolAssignment: version, topics with their partitions). The bytes are the
    /// client's; of those that make no sense nothing is shown.
    /// </summary>
    internal static IReadOnlyList<TopicPlace> PlacesOf(ReadOnlySpan<byte> assignment)
    {
        var places = new List<TopicPlace>();
        try
        {
            int at = sizeof(short);
            for (int topics = Integer(assignment, ref at); topics > 0; topics--)
            {
                int length = BinaryPrimitives.ReadInt16BigEndian(assignment[at..]);
                string topic = Encoding.UTF8.GetString(assignment.Slice(at + sizeof(short), length));
                at += sizeof(short) + length;
                for (int partitions = Integer(assignment, ref at); partitions > 0; partitions--) places.Add(new TopicPlace(topic, Integer(assignment, ref at)));
            }
        }
        catch (ArgumentOutOfRangeException)
        {
            return [];
        }

        return [.. places.OrderBy(place => place.Topic, StringComparer.Ordinal).ThenBy(place => place.Partition)];
    }

    private static int Integer(ReadOnlySpan<byte> bytes, ref int at)
    {
        int value = BinaryPrimitives.ReadInt32BigEndian(bytes[at..]);
        at += sizeof(int);
        return value;
    }
}
