using Confluent.Kafka.Admin;

namespace Mesh.Kafka;

/// <summary>An access control entry as people speak of it.</summary>
/// <param name="Resource">Topic, Group or Broker (the cluster).</param>
/// <param name="Name">Name, beginning of the name, or <c>*</c>.</param>
/// <param name="IsPrefix">Whether <paramref name="Name"/> is a beginning.</param>
/// <param name="Principal"><c>User:NAME</c>, or <c>User:*</c> for everybody.</param>
/// <param name="Host">Address a client comes from, or <c>*</c>.</param>
/// <param name="Operation">What it is about: Read, Write, Create, Delete, Alter, Describe, DescribeConfigs, AlterConfigs, All ...</param>
/// <param name="IsAllowed">Allowed, or denied.</param>
public sealed record AccessRule(ResourceType Resource, string Name, bool IsPrefix, string Principal, string Host, AclOperation Operation, bool IsAllowed);
