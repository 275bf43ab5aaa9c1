<#
.SYNOPSIS
Deploy or upgrade everything: invoke deploy, on a machine that has only Python.
.DESCRIPTION
Arguments that are not listed here go to the task as they are: deploy.ps1 -Target local --lock-wait 60
.EXAMPLE
.\scripts\deploy.ps1 -Target local
.EXAMPLE
.\scripts\deploy.ps1 -UpdateOnly
#>
[CmdletBinding(PositionalBinding = $false, DefaultParameterSetName = 'Full')]
param(
    [string] $Target,
    [Parameter(ParameterSetName = 'Full')] [switch] $Full,
    [Parameter(ParameterSetName = 'UpdateOnly')] [switch] $UpdateOnly,
    [Parameter(ParameterSetName = 'Preflight')] [switch] $Preflight,
    [switch] $SkipAllowlist,
    [switch] $Timestamped,
    [switch] $NoTimestamp,
    [switch] $Json,
    [switch] $Plan,
    [Parameter(ValueFromRemainingArguments = $true)] [string[]] $Rest
)
. (Join-Path $PSScriptRoot 'prepare.ps1')

$word = 'deploy'
if ($UpdateOnly) { $word = 'update' }
if ($Preflight) { $word = 'plan' }
$words = @($word)
if ($Target) { $words += @('--target', $Target) }
if ($SkipAllowlist) { $words += '--skip-allowlist' }
if ($NoTimestamp -and -not $Timestamped) { $words += '--no-timestamp' }
if ($Json) { $words += '--json' }
if ($Plan) { $words += '--plan' }
if ($Rest) { $words += $Rest }

Invoke-Task -Root (Split-Path -Parent $PSScriptRoot) -Words $words
