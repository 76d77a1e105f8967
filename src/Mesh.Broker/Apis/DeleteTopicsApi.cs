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

        if (version >= 1) response.Int32(0);
        response.ArrayLength(topics.Count);
        foreach (var (wantedName, wantedId) in topics)
        {
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
            if (version >= 5) response.NullableString(null);
            response.Tags();
        }

        response.Tags();
    }
}
