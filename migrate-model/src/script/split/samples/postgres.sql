--
-- PostgreSQL database dump
--

-- Dumped from database version 16.4
-- Dumped by pg_dump version 16.4; it's what such files look like

SET statement_timeout = 0;
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Name: mood; Type: TYPE; Schema: public; Owner: shop
--

CREATE TYPE public.mood AS ENUM (
    'sad;',
    'it''s ok'
);

--
-- Name: touch(); Type: FUNCTION; Schema: public; Owner: shop
--

CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
    NEW.touched := now(); -- it's ';' here
    EXECUTE format($$UPDATE x SET y = %L;$$, 'z');
    RETURN NEW;
END;
$_$;


ALTER FUNCTION public.touch() OWNER TO shop;

CREATE FUNCTION public.price(cents integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (price.cents = 0) THEN 'free;'::text
             ELSE ((price.cents)::text || ' ct'::text)
         END AS "case";
 SELECT 'x'::text;
END;

CREATE TABLE public.projects (
    id integer NOT NULL,
    name text DEFAULT ';'::text,
    data jsonb
);

COMMENT ON TABLE public.projects IS 'What a customer owns; see the wiki''s page';

CREATE SEQUENCE public.projects_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE ONLY public.projects ALTER COLUMN id SET DEFAULT nextval('public.projects_id_seq'::regclass);

INSERT INTO public.projects VALUES (1, E'a\tb;c', '{"k": "--"}');

CREATE UNIQUE INDEX ix_projects_name ON public.projects USING btree (lower(name)) WHERE (name <> ';'::text);

CREATE TRIGGER touch BEFORE UPDATE ON public.projects FOR EACH ROW EXECUTE FUNCTION public.touch();

CREATE RULE no_delete AS
    ON DELETE TO public.projects DO INSTEAD ( INSERT INTO public.log VALUES (old.id);
 SELECT 1;
);

--
-- PostgreSQL database dump complete
--
