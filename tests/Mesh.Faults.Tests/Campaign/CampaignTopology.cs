using Mesh.Faults.Tests.Support;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>The topology of a campaign: every channel becomes rows, the reference channel synchronised rows, and these start jobs.</summary>
internal static class CampaignTopology
{
    /// <summary>Writes it with its trainer.</summary>
    /// <returns>Path of the file.</returns>
    public static string Write(string folder)
    {
        string path = Path.Combine(folder, "campaign.yaml");
        File.WriteAllText(path,
            $$"""
            apiVersion: mesh/v1
            kind: Topology
            metadata: { name: campaign, owner: tests }
            source: { topic: fleet.uploads.v1, group: mesh.campaign }
            synchronise:
              - name: frames
                reference: { channel: {{Content.Reference}} }
                tolerance: 60ms
                inputs:
                  - { channel: {{Content.Left}}, policy: nearest }
            partition: { by: [day(log_time)], sortBy: [log_time] }
            products:
              - { name: campaign.frames, from: { synchronise: frames } }
            triggers:
              - name: learn
                on: [campaign.frames]
                when: { newRows: 150 }
                job: { trainer: "/bin/sh {{TrainerScript.Write(folder)}}", pool: cpu, model: m }
            limits: { memory: 256MiB, parallelism: 2 }

            """);
        return path;
    }
}
