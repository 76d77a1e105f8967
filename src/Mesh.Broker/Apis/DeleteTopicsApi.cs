using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Deletes topics with their data and the groups' offsets in them.</summary>
internal sealed class DeleteTopicsApi(BrokerState broker) : Api(ApiKey.DeleteTopics, 0, 6, flexibleFrom: 4)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var topics = request.Array(reader =>
        {
            string? name = version >= 6 ? reader.NullableString() : reader.String();
            var id = version >= 6 ? reader.Uuid() : Guid.Empty;
            if (version >= 6) reader.Tags();
            return (Name: name, Id: id);
        });
        request.Int32();
        request.Tags();

        // What is named twice, by name or id, is not deleted: it cannot be meant.
        var repeated = topics.CountBy(topic => topic).Where(count => count.Value > 1).Select(count => count.Key).ToHashSet();
        if (version >= 1) response.Int32(0);
        response.ArrayLength(topics.Count);
        foreach (var (wantedName, wantedId) in topics)
        {
            if (WrongRequest(wantedName, wantedId, repeated.Contains((wantedName, wantedId))) is { } wrong)
            {
                response.NullableString(wantedName ?? (version >= 6 ? null : ""));
                if (version >= 6) response.Uuid(wantedId);
                response.Error(ErrorCode.InvalidRequest);
                if (version >= 5) response.NullableString(wrong);
                response.Tags();
                continue;
            }

            var topic = wantedName is null ? broker.Topics.Find(wantedId) : broker.Topics.Find(wantedName);
            string? subject = wantedName ?? topic?.Name;
            bool visible = subject is null || broker.Authoriser.AllowsTopic(context.Principal, AclOperation.Describe, subject);
            bool allowed = subject is null || broker.Authoriser.AllowsTopic(context.Principal, AclOperation.Delete, subject);
            var error = !visible || (topic is not null && !allowed) ? ErrorCode.TopicAuthorizationFailed
                : topic is not null ? await broker.Topics.DeleteAsync(topic.Name).ConfigureAwait(false)
                : wantedName is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            if (error == ErrorCode.None) await broker.Offsets.ForgetTopicAsync(topic!.Name).ConfigureAwait(false);

            response.NullableString(wantedName ?? (visible ? topic?.Name : null) ?? (version >= 6 ? null : ""));
            if (version >= 6) response.Uuid(visible ? topic?.Id ?? wantedId : wantedId);
            response.Error(error);
            if (version >= 5) response.NullableString(error == ErrorCode.UnknownTopicOrPartition ? $"There is no topic '{wantedName}'." : null);
            response.Tags();
        }

        response.Tags();
    }

    private static string? WrongRequest(string? name, Guid id, bool isRepeated) =>
        isRepeated ? "Duplicate topic name or id."
        : name is not null && id != Guid.Empty ? "You may not specify both topic name and topic id."
        : name is null && id == Guid.Empty ? "Neither topic name nor id were specified."
        : null;
}
