//! SQL of the export: each record as the JSON of the file, with times in ISO 8601. It is text, because the
//! builder makes no JSON.

use diesel::pg::PgConnection;

use crate::db;
use crate::error::Result;
use crate::ids::ContactId;

db::row! {
    /// One record as JSON, and its id.
    pub struct Record {
        pub id: i64,
        pub json: String,
    }
}

pub fn profile(conn: &mut PgConnection, contact: ContactId) -> Result<String> {
    Ok(db::prepared(
        "SELECT json_build_object('numero', c.id, 'nome', c.name, 'telefone', c.phone, 'email', c.email,
                'conexao', ch.name, 'pessoa', p.name,
                'departamento_padrao', d.name, 'atendente_padrao', a.name, 'criado_em', c.created_at,
                'arquivado_em', c.archived_at, 'anonimizado_em', c.anonymised_at)::text AS json
           FROM contacts c
           JOIN channels ch ON ch.id = c.channel_id
           LEFT JOIN people p ON p.id = c.person_id
           LEFT JOIN departments d ON d.id = c.default_department_id
           LEFT JOIN users a ON a.id = c.default_attendant_id
          WHERE c.id = $1",
    )
    .bind(contact)
    .get_result(conn)?)
}

/// The next records of a section in order of id, after the id `after`.
pub fn records(conn: &mut PgConnection, sql: &str, contact: ContactId, after: i64) -> Result<Vec<Record>> {
    Ok(db::replanned(sql).bind(contact).bind(after).load(conn)?)
}

/// The sections of the file: each key with the query of its records. Parameters: $1 the contact, $2 the last
/// id.
pub const SECTIONS: &[(&str, &str)] = &[
    (
        "identidades",
        "SELECT i.id, json_build_object('conexao', ch.name, 'tipo', i.kind, 'valor', i.value,
                'criada_em', i.created_at, 'cliente_escreveu_em', i.seen_at, 'mensagem_chegou_em', i.worked_at)::text
                    AS json
           FROM contact_identities i JOIN channels ch ON ch.id = i.channel_id
          WHERE i.contact_id = $1 AND i.id > $2 ORDER BY i.id LIMIT 500",
    ),
    (
        "juncoes",
        "SELECT g.id, json_build_object('contato_juntado', g.merged_id, 'contato_que_ficou', g.kept_id,
                'juntados_em', g.merged_at, 'separados_em', g.separated_at,
                'cadastro_juntado', CASE WHEN o.merged_into IS NOT NULL
                    THEN json_build_object('nome', o.name, 'telefone', o.phone, 'email', o.email,
                                           'criado_em', o.created_at) END)::text AS json
           FROM contact_merges g JOIN contacts o ON o.id = g.merged_id
          WHERE (g.merged_id = $1 OR g.kept_id IN (SELECT with_merged($1))) AND g.id > $2 ORDER BY g.id LIMIT 500",
    ),
    (
        "chamados",
        "SELECT t.id, json_build_object('protocolo', t.protocol,
                'situacao', CASE t.status WHEN 'open' THEN 'aberto' ELSE 'fechado' END,
                'departamento', d.name, 'atendente', u.name, 'agendamento', t.schedule_id,
                'aberto_em', t.opened_at, 'aberto_do_ip', nullif(t.opened_from, ''), 'fechado_em', t.closed_at, 'fechado_por', f.name)::text AS json
           FROM tickets t JOIN departments d ON d.id = t.department_id
           LEFT JOIN users u ON u.id = t.attendant_id LEFT JOIN users f ON f.id = t.closed_by
          WHERE t.contact_id = $1 AND t.id > $2 ORDER BY t.id LIMIT 500",
    ),
    (
        "mensagens",
        "SELECT m.id, json_build_object('em', m.created_at, 'protocolo', t.protocol,
                'tipo', CASE m.kind WHEN 'customer' THEN 'do cliente' WHEN 'attendant' THEN 'da equipe'
                        WHEN 'comment' THEN 'comentário interno' ELSE 'registro' END,
                'registro', CASE m.event WHEN 'ticket_opened' THEN 'chamado aberto'
                            WHEN 'ticket_closed' THEN 'chamado fechado' END,
                'autor', u.name, 'agendamento', m.schedule_id, 'texto', m.body, 'citado', nullif(m.quoted, ''),
                'id_na_conexao', m.provider_id,
                'envio', (SELECT json_build_object('conexao', oc.name, 'para', i.value, 'situacao', o.state,
                                 'motivo', o.reason, 'detalhe', nullif(o.detail, ''), 'id_na_conexao', o.provider_id,
                                 'na_fila_desde', o.queued_at, 'enviada_em', o.sent_at, 'entregue_em', o.delivered_at,
                                 'lida_em', o.read_at, 'encerrada_em', o.ended_at,
                                 'tentativas', (SELECT json_agg(json_build_object('numero', a.number,
                                        'em', a.started_at, 'terminou_em', a.ended_at, 'resultado', a.outcome,
                                        'motivo', a.reason, 'detalhe', nullif(a.detail, '')) ORDER BY a.number)
                                      FROM outbox_attempts a WHERE a.message_id = o.message_id))
                            FROM outbox o JOIN channels oc ON oc.id = o.channel_id
                            LEFT JOIN contact_identities i ON i.id = o.identity_id WHERE o.message_id = m.id),
                'entregue_em', m.delivered_at, 'lida_em', m.read_at,
                'arquivos', (SELECT coalesce(json_agg(json_build_object('nome', a.file_name, 'tipo', b.media_type,
                                    'enviado_em', a.created_at, 'bytes', b.size,
                                    'sha256', encode(a.sha256, 'hex')) ORDER BY a.id), '[]')
                               FROM attachments a JOIN blobs b ON b.sha256 = a.sha256
                              WHERE a.message_id = m.id))::text AS json
           FROM messages m JOIN tickets t ON t.id = m.ticket_id LEFT JOIN users u ON u.id = m.author_id
          WHERE m.contact_id = $1 AND m.id > $2 ORDER BY m.id LIMIT 500",
    ),
    (
        "agendamentos",
        "SELECT s.id, json_build_object('numero', s.id,
                'acao', CASE s.action WHEN 'open_ticket' THEN 'Abrir chamado'
                        WHEN 'notify' THEN 'Notificar atendente' ELSE 'Abrir chamado e notificar atendente' END,
                'situacao', CASE s.status WHEN 'scheduled' THEN 'agendado' WHEN 'completed' THEN 'concluído'
                            WHEN 'failed' THEN 'erro' ELSE 'cancelado' END,
                'data_e_hora', s.due_at, 'departamento', d.name, 'atendente', u.name, 'pessoa', p.name,
                'mensagem', s.message, 'comentario', s.comment, 'motivo_do_cancelamento', s.cancel_reason,
                'motivo_do_erro', s.failure_reason, 'criado_por', k.name, 'criado_em', s.created_at,
                'terminado_em', s.finished_at, 'reagendado_de', s.rescheduled_from,
                'arquivos', (SELECT coalesce(json_agg(json_build_object('nome', a.file_name, 'tipo', b.media_type,
                                    'enviado_em', a.created_at, 'bytes', b.size,
                                    'sha256', encode(a.sha256, 'hex')) ORDER BY a.id), '[]')
                               FROM attachments a JOIN blobs b ON b.sha256 = a.sha256
                              WHERE a.schedule_id = s.id),
                'historico', (SELECT coalesce(json_agg(json_build_object('em', h.at, 'registro', h.kind,
                                     'por', w.name, 'detalhes', h.details) ORDER BY h.id), '[]')
                                FROM schedule_history h LEFT JOIN users w ON w.id = h.actor_id
                               WHERE h.schedule_id = s.id),
                'historico_ja_apagado', coalesce(s.finished_at < r.history_gone_before, false)
                                        AND NOT EXISTS (SELECT FROM schedule_history h WHERE h.schedule_id = s.id)
                )::text AS json
           FROM retention r CROSS JOIN schedules s JOIN departments d ON d.id = s.department_id
           LEFT JOIN users u ON u.id = s.attendant_id LEFT JOIN users k ON k.id = s.created_by
           LEFT JOIN people p ON p.id = s.person_id
          WHERE s.contact_id = $1 AND s.id > $2 ORDER BY s.id LIMIT 200",
    ),
    (
        "notificacoes",
        "SELECT n.id, json_build_object('em', n.created_at, 'para', u.name, 'agendamento', n.schedule_id,
                'protocolo', t.protocol, 'tipo', CASE n.kind WHEN 'schedule_completed' THEN 'agendamento'
                        WHEN 'schedule_failed' THEN 'erro no agendamento' ELSE 'mensagem não entregue' END,
                'repassada_por', p.name, 'lida_em', n.read_at, 'removida_em', n.removed_at)::text AS json
           FROM notifications n JOIN users u ON u.id = n.user_id
           LEFT JOIN users p ON p.id = n.passed_on_by LEFT JOIN tickets t ON t.id = n.ticket_id
          WHERE n.contact_id = $1 AND n.id > $2 ORDER BY n.id LIMIT 500",
    ),
    (
        "acessos_pelo_link",
        "SELECT a.id, json_build_object('entrou_em', a.created_at, 'visto_em', a.seen_at, 'navegador', a.user_agent,
                'ip', nullif(a.ip, ''))::text AS json
           FROM customer_accesses a WHERE a.contact_id = $1 AND a.id > $2 ORDER BY a.id LIMIT 500",
    ),
    (
        "auditoria",
        "SELECT a.id, json_build_object('em', a.at, 'registro', a.action, 'sobre', a.subject_id, 'por', u.name,
                'detalhes', a.details)::text AS json
           FROM (SELECT id FROM audit WHERE subject_id = $1 AND action = ANY (ARRAY['contact.created',
                        'contact.edited', 'contact.archived', 'contact.restored', 'contact.link_revoked',
                        'contact.accesses_ended', 'contact.exported', 'contact.anonymised', 'contact.merged', 'contact.separated'])
                 UNION ALL
                 SELECT a.id FROM tickets t JOIN audit a ON a.subject_id = t.id
                    AND a.action IN ('ticket.opened', 'ticket.closed', 'ticket.handed_over')
                  WHERE t.contact_id = $1
                 UNION ALL
                 SELECT a.id FROM schedules s JOIN audit a ON a.subject_id = s.id
                    AND a.action IN ('schedule.created', 'schedule.edited', 'schedule.cancelled',
                                     'schedule.completed', 'schedule.failed')
                  WHERE s.contact_id = $1) found
           JOIN audit a ON a.id = found.id LEFT JOIN users u ON u.id = a.actor_id
          WHERE found.id > $2 ORDER BY found.id LIMIT 500",
    ),
];
