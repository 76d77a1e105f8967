using Mesh.Training.Governance.Policy;

namespace Mesh.Training.Governance;

/// <summary>Whether people are enough: so many different ones, and for each role another of them who has it.</summary>
internal static class ApprovalCount
{
    /// <summary>What is missing, for people; null when it is enough.</summary>
    public static string? WhatIsMissing(ApprovalRule rule, IReadOnlyList<(string Person, IReadOnlyList<string> Roles)> approvals)
    {
        var people = approvals.GroupBy(approval => approval.Person)
            .Select(group => (Person: group.Key, Roles: group.SelectMany(approval => approval.Roles).ToHashSet())).ToList();
        var uncovered = Uncovered([.. rule.Roles], people);
        int lacking = Math.Max(0, rule.People - people.Count);
        if (lacking == 0 && uncovered.Count == 0) return null;
        string have = people.Count == 0 ? "there is none yet" : $"there {(people.Count == 1 ? "is one" : $"are {people.Count}")}, by {string.Join(" and ", people.Select(person => person.Person))}";
        string need = uncovered.Count > 0 ? $"missing is another person with the role {string.Join(", and one with ", uncovered)}" : $"missing {(lacking == 1 ? "is one more person" : $"are {lacking} more people")}";
        return $"{rule.People} approvals by different people are needed{(rule.Roles.Count > 0 ? $", with the roles {string.Join(" and ", rule.Roles)}" : "")}; {have}; {need}";
    }

    // Roles for which nobody is left, each person standing for one role: the assignment that leaves the fewest. There are few of either.
    private static List<string> Uncovered(List<string> roles, List<(string Person, HashSet<string> Roles)> people)
    {
        if (roles.Count == 0) return [];
        string role = roles[0];
        List<string> rest = [.. roles.Skip(1)];
        List<string> best = [role, .. Uncovered(rest, people)];
        foreach (var person in people.Where(person => person.Roles.Contains(role)))
        {
            var left = Uncovered(rest, [.. people.Where(other => other.Person != person.Person)]);
            if (left.Count < best.Count) best = left;
        }

        return best;
    }
}
