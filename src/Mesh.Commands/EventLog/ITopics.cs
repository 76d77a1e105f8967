namespace Mesh.Commands.EventLog;

/// <summary>Topics and groups of the event log, Mesh's own or a cluster's.</summary>
public interface ITopics
{
    /// <summary>All topics. Costs the log one question, however many there are.</summary>
    /// <exception cref="Model.MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    Task<TopicList> ListAsync(CancellationToken cancellationToken);

    /// <summary>A topic's partitions and settings; its groups only where the log tells them for nothing.</summary>
    /// <exception cref="Model.MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH7107</c>, transient when no broker answers.</exception>
    Task<TopicDetails> DescribeAsync(string topic, CancellationToken cancellationToken);

    /// <summary>How far groups are in a topic. A cluster is asked about one group after the other, at most <see cref="TopicGroups.MaxAsked"/>.</summary>
    /// <exception cref="Model.MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH7107</c>, transient when no broker answers.</exception>
    Task<TopicGroups> ListGroupsOfAsync(string topic, CancellationToken cancellationToken);

    /// <summary>Records of a topic, made readable. Reads a bounded number of records and bytes, for a bounded time.</summary>
    /// <exception cref="Model.MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH7107</c>, transient when no broker answers. <c>MESH13201</c>: the place is none.</exception>
    Task<MessagePage> ReadAsync(MessageQuery query, CancellationToken cancellationToken);

    /// <summary>What the schema registry has for a topic: <c>TOPIC-key</c> and <c>TOPIC-value</c>.</summary>
    /// <exception cref="Model.MeshException"><c>MESH7102</c>: the registry does not answer.</exception>
    Task<IReadOnlyList<SchemaView>> ListSchemasAsync(string topic, CancellationToken cancellationToken);

    /// <summary>All groups. Costs the log one question, however many there are.</summary>
    /// <exception cref="Model.MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    Task<IReadOnlyList<GroupRow>> ListGroupsAsync(CancellationToken cancellationToken);

    /// <summary>A group with its members and how far it is; null when nobody knows it.</summary>
    /// <exception cref="Model.MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    Task<GroupDetails?> FindGroupAsync(string group, CancellationToken cancellationToken);

    /// <summary>What a reset would set, partition by partition. Changes nothing.</summary>
    /// <exception cref="Model.MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH13201</c>: the place is none. <c>MESH7107</c>, transient when no broker answers.</exception>
    Task<OffsetPlan> PlanResetAsync(OffsetResetRequest request, CancellationToken cancellationToken);

    /// <summary>Sets a group's offsets to exactly those of a plan.</summary>
    /// <exception cref="Model.MeshException"><c>MESH13202</c>: the group has members. <c>MESH7107</c>, transient when no broker answers.</exception>
    Task ResetAsync(OffsetPlan plan, CancellationToken cancellationToken);
}
